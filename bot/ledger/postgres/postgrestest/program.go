package postgrestest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is a program that runs under a shell. The shell ends it after reading a signal
// name, or at the end of its input: then this process has ended, and the folder is removed.
type program struct {
	shell *exec.Cmd
	input *os.File
}

const script = `last=$1; shift
"$@" &
if read -r signal; then kill -s "$signal" $!; wait $!
else kill -s "$last" $!; wait $!; rm -rf "$PWD"; fi`

// start starts a program in a folder, where it also writes its log. If this process ends,
// the program gets the signal last.
func start(folder, last string, command ...string) (program, error) {
	log, err := os.OpenFile(filepath.Join(folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return program{}, err
	}
	defer func() { _ = log.Close() }() // the program has its own
	read, input, err := os.Pipe()
	if err != nil {
		return program{}, err
	}
	defer func() { _ = read.Close() }() // the shell has its own
	shell := exec.Command("sh", append([]string{"-c", script, "sh", last}, command...)...)
	shell.Dir, shell.Stdin, shell.Stdout, shell.Stderr = folder, read, log, log
	asUser(shell)
	if err := shell.Start(); err != nil {
		return program{}, errors.Join(err, input.Close())
	}
	return program{shell, input}, nil
}

// end sends the program a signal and waits until it has ended.
func (p program) end(t testing.TB, signal string) {
	t.Helper()
	_, err := p.input.WriteString(signal + "\n")
	if err = errors.Join(err, p.input.Close()); err != nil {
		t.Fatal(err)
	}
	_ = p.shell.Wait() // it only reports how the program ended
}
