//go:build unix

package postgrestest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// asUser has a command run as somebody else than root, because PostgreSQL does not run
// as root; and apart from what a terminal ends, so that it ends in its own way.
func asUser(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if uid, gid, other := somebody(); other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
}

// give gives a file to the one that commands run as.
func give(name string) error {
	if uid, gid, other := somebody(); other {
		return os.Chown(name, int(uid), int(gid))
	}
	return nil
}

// somebody is whom commands run as if this process is root's.
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
