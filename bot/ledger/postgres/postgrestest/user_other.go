//go:build !unix

package postgrestest

import "os/exec"

// asUser has a command run as the user of this process.
func asUser(*exec.Cmd) {}

// give leaves a file to the user of this process.
func give(string) error { return nil }
