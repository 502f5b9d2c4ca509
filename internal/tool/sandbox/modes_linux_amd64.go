package sandbox

import "golang.org/x/sys/unix"

// oldModeCalls are those that newer architectures do not have.
var oldModeCalls = []modeCall{{unix.SYS_CHMOD, 1}, {unix.SYS_CREAT, 1}, {unix.SYS_MKDIR, 1}, {unix.SYS_MKNOD, 1}, {unix.SYS_OPEN, 2}}
