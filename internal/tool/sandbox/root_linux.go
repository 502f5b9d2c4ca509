package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// systemFiles are the parts of /etc that programs do not work without.
var systemFiles = []string{"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld-musl-x86_64.path", "/etc/alternatives",
	"/etc/localtime", "/etc/timezone", "/etc/protocols", "/etc/services", "/etc/mime.types", "/etc/os-release", "/etc/gai.conf",
	"/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ca-certificates", "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem", "/etc/pki/ca-trust/extracted"}

// networkFiles are shown beside them to a program that has the host's network.
var networkFiles = []string{"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"}

var devices = []string{"null", "zero", "full", "random", "urandom"}

const (
	oldRoot = "/.host" // where the host's root is until it is left
	diskDir = "/.disk"
)

func (b *builder) privateMounts() error {
	os.Clearenv()
	unix.Umask(0)
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}

// openViews opens everything while the host's paths are still the host's: from
// then on no symbolic link can lead to another file.
func (b *builder) openViews() error {
	files := systemFiles
	if b.spec.HostNetwork {
		files = append(files[:len(files):len(files)], networkFiles...)
	}
	for _, p := range append(systemFolders[:len(systemFolders):len(systemFolders)], files...) {
		v := View{Source: p, Target: p}
		if info, err := os.Lstat(p); err == nil && info.Mode()&fs.ModeSymlink != 0 && !strings.HasPrefix(p, "/etc/") {
			if v.Link, err = os.Readlink(p); err != nil {
				return err
			}
		}
		if err := b.open(v); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.EACCES) {
			return err
		}
	}
	for _, d := range devices {
		if err := b.open(View{Source: "/dev/" + d, Target: "/dev/" + d, Write: true}); err != nil {
			return err
		}
	}
	for _, v := range b.spec.Views {
		if err := b.open(v); err != nil {
			return fmt.Errorf("%s: %w", v.Source, err)
		}
	}
	return nil
}

func (b *builder) open(v View) error {
	tree := -1
	if v.Link == "" && !v.Hidden {
		var err error
		if tree, err = unix.OpenTree(unix.AT_FDCWD, v.Source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE); err != nil {
			return err
		}
		attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_NOSUID}
		if !v.Write {
			attr.Attr_set |= unix.MOUNT_ATTR_RDONLY
		}
		if !strings.HasPrefix(v.Target, "/dev/") {
			attr.Attr_set |= unix.MOUNT_ATTR_NODEV
		}
		if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
			return err
		}
	}
	b.system = append(b.system, v)
	b.trees = append(b.trees, tree)
	return nil
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

// showViews puts everything in its place, in order.
func (b *builder) showViews() error {
	for i, v := range b.system {
		if err := place(v, b.trees[i]); err != nil {
			return fmt.Errorf("%s: %w", v.Target, err)
		}
	}
	return os.MkdirAll(b.spec.Dir, 0o755)
}

func place(v View, tree int) error {
	if err := os.MkdirAll(path.Dir(v.Target), 0o755); err != nil {
		return err
	}
	switch {
	case v.Link != "":
		if _, err := os.Lstat(v.Target); err == nil {
			return nil // an earlier view shows it
		}
		return os.Symlink(v.Link, v.Target)
	case v.Hidden:
		if _, err := os.Lstat(v.Target); err != nil {
			return nil // nothing shows it
		}
		return unix.Mount("hidden", v.Target, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_RDONLY, "mode=0555,size=4k,nr_inodes=2")
	}
	defer unix.Close(tree)
	if err := mountPoint(tree, v.Target); err != nil {
		return err
	}
	return unix.MoveMount(tree, "", unix.AT_FDCWD, v.Target, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// mountPoint makes an empty file or folder for what is mounted there.
func mountPoint(tree int, target string) error {
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(tree, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return os.Mkdir(target, 0o755)
	}
	return os.WriteFile(target, nil, 0o444)
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
