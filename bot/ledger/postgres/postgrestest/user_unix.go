//go:build unix

package postgrestest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// asUser runs a command as a user other than root, because PostgreSQL does not run as root,
// and in its own process group, so that signals from a terminal do not reach it.
func asUser(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, other := somebody(); other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
}

// give makes the user of the commands the owner of a file.
func give(name string) error {
	if uid, gid, other := somebody(); other {
		return os.Chown(name, int(uid), int(gid))
	}
	return nil
}

// somebody returns the user of the commands if this process runs as root.
func somebody() (uid, gid uint32, other bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		u, errUID := strconv.ParseUint(found.Uid, 10, 32)
		g, errGID := strconv.ParseUint(found.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return uint32(u), uint32(g), true
		}
	}
	return 0, 0, false
}
