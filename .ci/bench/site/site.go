// Package site is shared by the programs speed and guard: it generates a library of
// digests, and measures what a build of digestbot needs to answer and to serve from it.
package site

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/digestbot/digestbot/.ci/bench/figures"
)

// Build is a build of digestbot that works on a site.
type Build struct {
	Binary string
	Folder string // of the site
}

// state returns a state folder for this build alone, because an earlier build refuses the
// state of a later one.
func (b Build) state() string {
	return filepath.Join(b.Folder, "state"+strings.ReplaceAll(b.Binary, string(filepath.Separator), "-"))
}

// Forget empties the state, so that the next run is the first. The folder stays, because a
// read-only command uses the cache of an existing folder, but creates none.
func (b Build) Forget() error {
	return errors.Join(os.RemoveAll(b.state()), os.MkdirAll(b.state(), 0o755))
}

// configure writes the site's configuration, changed and with the state of this build, to
// another file beside it, because builds name the flag for the state differently.
func (b Build) configure(name string, change func([]byte) []byte) (path string, err error) {
	config, err := os.ReadFile(filepath.Join(b.Folder, "config.toml"))
	if err != nil {
		return "", err
	}
	if change != nil {
		config = change(config)
	}
	path = filepath.Join(b.Folder, name)
	config = bytes.Replace(config, []byte(`state = "var"`), fmt.Appendf(nil, "state = %q", b.state()), 1)
	return path, os.WriteFile(path, config, 0o644)
}

// Ask makes digestbot read the library and answer one question.
func (b Build) Ask() (figures.Cost, error) {
	path, err := b.configure("ask.toml", nil)
	if err != nil {
		return figures.Cost{}, err
	}
	return figures.Run(b.Binary, "ask", "--config", path, "/digest tag AI")
}

// Served is what digestbot needed to serve.
type Served struct {
	// Ready is the time in seconds until /readyz answered 200, and Starting the CPU seconds
	// until then.
	Ready, Starting float64
	// Processor is the CPU seconds, and Peak the peak memory in MB, until the measurement.
	Processor, Peak float64
	// Anonymous and File are the memory in MB at that time: the process's own, and
	// file-backed memory that the system can reclaim.
	Anonymous, File float64
}

// Serve makes digestbot serve for a time and until it is idle, and measures it.
func (b Build) Serve(idle time.Duration) (s Served, err error) {
	address, err := free()
	if err != nil {
		return s, err
	}
	path, err := b.configure("serve.toml", func(config []byte) []byte {
		return bytes.Replace(config, []byte("127.0.0.1:0"), []byte(address), 1)
	})
	if err != nil {
		return s, err
	}
	c := exec.Command(b.Binary, "serve", "--config", path)
	var said bytes.Buffer
	c.Stderr = &said
	began := time.Now()
	if err := c.Start(); err != nil {
		return s, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	if err := ready(address, ended); err != nil {
		return s, errors.Join(err, c.Process.Kill(), errors.New(said.String()))
	}
	s.Ready, s.Starting = time.Since(began).Seconds(), figures.Spent(c.Process.Pid)
	time.Sleep(idle)
	if err := rests(c.Process.Pid); err != nil {
		return s, errors.Join(err, c.Process.Kill())
	}
	s.Peak = figures.Peak(c.Process.Pid)
	s.Anonymous, s.File = figures.Memory(c.Process.Pid, "RssAnon:"), figures.Memory(c.Process.Pid, "RssFile:")
	if s.Peak == 0 || s.Anonymous == 0 {
		return s, errors.Join(errors.New("this system does not report a program's memory"), c.Process.Kill())
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		return s, err
	}
	select {
	case err = <-ended:
	case <-time.After(time.Minute):
		return s, errors.Join(errors.New("digestbot does not stop"), c.Process.Kill())
	}
	s.Processor = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	return s, err
}

// ready waits until the program at an address is ready, unless it exits.
func ready(address string, ended chan error) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		resp, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-ended:
			return fmt.Errorf("digestbot exited before it was ready: %w", err)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return errors.New("digestbot is not ready after two minutes")
}

// rests waits until a process uses next to no CPU.
func rests(pid int) error {
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); {
		before := figures.Spent(pid)
		time.Sleep(2 * time.Second)
		if figures.Spent(pid)-before < 0.05 {
			return nil
		}
	}
	return errors.New("digestbot does not become idle within three minutes")
}

// free returns an unused address.
func free() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// Middle returns the medians of several runs.
func Middle(runs []Served) Served {
	of := func(field func(Served) float64) float64 {
		var all []float64
		for _, r := range runs {
			all = append(all, field(r))
		}
		return figures.Median(all)
	}
	return Served{
		Ready:     of(func(s Served) float64 { return s.Ready }),
		Starting:  of(func(s Served) float64 { return s.Starting }),
		Processor: of(func(s Served) float64 { return s.Processor }),
		Peak:      of(func(s Served) float64 { return s.Peak }),
		Anonymous: of(func(s Served) float64 { return s.Anonymous }),
		File:      of(func(s Served) float64 { return s.File }),
	}
}
