package main

import "syscall"

// mount mounts an in-memory disk of 4 MiB on a folder.
func mount(folder string) error { return syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=4m") }

func unmount(folder string) error { return syscall.Unmount(folder, syscall.MNT_DETACH) }
