//go:build !unix

package main

// tellHeap does nothing on systems without SIGUSR1.
func tellHeap() {}
