package main

import "syscall"

// mount makes a folder a disk of 4 MiB, in memory.
func mount(folder string) error { return syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=4m") }

func unmount(folder string) error { return syscall.Unmount(folder, syscall.MNT_DETACH) }
