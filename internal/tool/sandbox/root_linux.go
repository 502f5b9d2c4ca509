package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

const (
	oldRoot = "/.host" // where the host's root is until it is left
	diskDir = "/.disk"
)

func (b *builder) privateMounts() error {
	os.Clearenv()
	unix.Umask(0)
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}

// newRoot makes an empty root and moves the host's below it.
func (b *builder) newRoot() error {
	if err := unix.Mount("root", b.scratch, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=4m,nr_inodes=4096"); err != nil {
		return err
	}
	if err := os.Mkdir(b.scratch+oldRoot, 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(b.scratch, b.scratch+oldRoot); err != nil {
		return err
	}
	return os.Chdir("/")
}

// disk makes the folders that the program can write: one file system with one
// limit.
func (b *builder) disk() error {
	if err := os.Mkdir(diskDir, 0o700); err != nil {
		return err
	}
	mib := b.spec.Limits.DiskMiB
	options := fmt.Sprintf("mode=0755,size=%dm,nr_inodes=%d", mib, max(4096, mib*256))
	if err := unix.Mount("disk", diskDir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		return err
	}
	for _, d := range []struct {
		name, target string
		mode         fs.FileMode
	}{{"tmp", Temp, 0o1777}, {"home", Home, 0o700}, {"shm", "/dev/shm", 0o1777}} {
		from := path.Join(diskDir, d.name)
		if err := os.Mkdir(from, 0o700); err != nil {
			return err
		}
		if err := unix.Chmod(from, uint32(d.mode.Perm())|uint32(d.mode&0o1000)); err != nil {
			return err
		}
		if err := os.MkdirAll(d.target, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(from, d.target, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	if err := unix.Unmount(diskDir, unix.MNT_DETACH); err != nil {
		return err
	}
	return os.Remove(diskDir)
}

// kernelFolders makes /proc, which shows the processes of the sandbox, and the
// links of /dev.
func (b *builder) kernelFolders() error {
	if err := os.Mkdir("/proc", 0o555); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	// A new user namespace would give back what is given up below.
	if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
		return err
	}
	if err := unix.MountSetattr(unix.AT_FDCWD, "/proc", 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
		return err
	}
	for name, to := range map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		if err := os.Symlink(to, "/dev/"+name); err != nil {
			return err
		}
	}
	return unix.Sethostname([]byte("tool"))
}

// etc writes the files of /etc that would tell about the host.
func (b *builder) etc() error {
	files := map[string]string{
		"/etc/passwd": fmt.Sprintf("tool:x:%d:%d::%s:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", insideID, insideID, Home),
		"/etc/group":  fmt.Sprintf("tool:x:%d:\nnogroup:x:65534:\n", insideID),
	}
	if !b.spec.HostNetwork {
		files["/etc/hosts"] = "127.0.0.1 localhost tool\n::1 localhost\n"
		files["/etc/nsswitch.conf"] = "passwd: files\ngroup: files\nhosts: files\n"
	}
	if err := os.MkdirAll("/etc", 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o444); err != nil {
			return err
		}
	}
	return nil
}

// leave lets the host's root go; from here on nothing leads back to it.
func (b *builder) leave() error {
	if err := unix.Unmount(oldRoot, unix.MNT_DETACH); err != nil {
		return err
	}
	if err := os.Remove(oldRoot); err != nil {
		return err
	}
	return unix.MountSetattr(unix.AT_FDCWD, "/", 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
}
