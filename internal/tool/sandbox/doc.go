// Package sandbox starts a program in a closed room of the Linux kernel's own
// making: namespaces, a root file system of its own, no capabilities, limits.
// It needs no helper program and no rights: Aureus starts itself again, builds
// the room around itself and then runs the program inside.
//
// It does not decide what a program may see: package tool writes that into a
// [Spec]. Start from [Command].
//
// # How a process gets there
//
// [Command] starts this very binary with an argument that no user writes, in new
// user, mount, process, network, IPC and host-name namespaces. The init function
// of this package sees the argument before main runs, and the process becomes
// the first one of its namespace. It reads the Spec from a pipe, builds the root
// out of read-only views of the host, leaves the host's root, gives up every
// capability, sets the limits and filters, starts the program, says over a second
// pipe that it did, and stays: it collects orphans, measures memory and processes
// and ends with the program. When it ends, the kernel kills all that is left.
package sandbox
