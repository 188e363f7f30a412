//go:build !linux

package main

// forget leaves it to the system.
func forget() {}
