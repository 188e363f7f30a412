package figures

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Peak returns the peak memory of a running program, in MB. It must be read before the
// program ends: the system's figure for an ended program includes the memory of its parent
// at the time of the fork.
func Peak(pid int) float64 { return Memory(pid, "VmHWM:") }

// Memory returns a line of a process's memory status, in MB; 0 if the system does not
// provide it. The lines are listed at
// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
func Memory(pid int, line string) (mb float64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), line)
	_, _ = fmt.Sscan(rest, &mb) // in kB
	return mb * 1024 / 1e6
}

// Spent returns the CPU seconds of a process; 0 if the system does not provide them. The
// fields are listed at https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
func Spent(pid int) float64 {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// Own returns the CPU seconds of this process, at a finer resolution than Spent.
func Own() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // the pointer is valid
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// Cost is what a run of a program took: wall-clock seconds, CPU seconds, and peak memory in
// MB.
type Cost struct{ Wall, Processor, Memory float64 }

// Run runs a program to its end.
func Run(args ...string) (Cost, error) {
	c := exec.Command(args[0], args[1:]...)
	var out bytes.Buffer
	c.Stderr = &out
	since := time.Now()
	if err := c.Run(); err != nil {
		return Cost{}, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out.String())
	}
	wall := time.Since(since).Seconds()
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return Cost{}, errors.New("this system does not report a program's memory")
	}
	cpu := (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	return Cost{wall, cpu, float64(usage.Maxrss) * 1024 / 1e6}, nil
}

// Middle returns the medians of several runs.
func Middle(runs []Cost) Cost {
	of := func(field func(Cost) float64) float64 {
		var all []float64
		for _, r := range runs {
			all = append(all, field(r))
		}
		return Median(all)
	}
	return Cost{
		Wall:      of(func(c Cost) float64 { return c.Wall }),
		Processor: of(func(c Cost) float64 { return c.Processor }),
		Memory:    of(func(c Cost) float64 { return c.Memory }),
	}
}
