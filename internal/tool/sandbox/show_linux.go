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
		if err := b.openView(v); err != nil {
			return fmt.Errorf("%s: %w", v.Source, err)
		}
	}
	return nil
}

// openView opens what the Spec names. Its Source has no symbolic links; one that
// was put there since leads nowhere.
func (b *builder) openView(v View) error {
	if v.Link != "" || v.Hidden {
		return b.add(v, unix.AT_FDCWD, "")
	}
	fd, err := unix.Openat2(unix.AT_FDCWD, v.Source, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return b.add(v, fd, "")
}

// open opens a part of the system, which may be a symbolic link.
func (b *builder) open(v View) error { return b.add(v, unix.AT_FDCWD, v.Source) }

// add opens a view at a path in a folder, or the folder itself.
func (b *builder) add(v View, dir int, name string) error {
	tree := -1
	if v.Link == "" && !v.Hidden {
		var err error
		if tree, err = unix.OpenTree(dir, name, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE|unix.AT_EMPTY_PATH); err != nil {
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
