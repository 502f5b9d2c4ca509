package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aureus-agents/aureus/client"
	"github.com/aureus-agents/aureus/resource"
)

// onSmallDisk makes a command line that runs args with folder on a disk of its
// own of 8 MiB, and ends when it does. It wants user namespaces.
func onSmallDisk(folder string, args ...string) []string {
	return append([]string{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		`mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"`, folder}, args...)
}

// TestFullDisk fills the disk under a server: what cannot be recorded is refused
// and did not happen, and with some space it goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shipped(t))
	w.stop()
	folder := filepath.Join(w.dir, "small")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	try := onSmallDisk(folder, "true")
	if out, err := exec.Command(try[0], try[1:]...).CombinedOutput(); err != nil {
		t.Logf("this machine gives no disk of its own to a process (%v: %s); the store's tests cover a full one", err, out)
		return
	}
	c, m, err := startChild(w.dir, w.env, servesAt, onSmallDisk(folder, w.binary, "serve", "--listen", "127.0.0.1:0", "--data", folder)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	w.server = c
	w.url.Store(m[2])
	w.tokens = map[string]string{"admin": m[1], "author": m[1], "auditor": m[1]}
	first := w.push(w.agent())
	w.checkLedger()

	filler := filepath.Join("/proc", fmt.Sprint(c.cmd.Process.Pid), "root", folder, "filler")
	fill(t, filler)
	for i := range 1000 {
		_, err = w.as("author").Push(t.Context(), resource.PushRequest{Blueprint: w.variant(fmt.Sprintf("This is change %d.", i))})
		if err != nil {
			break
		}
	}
	if e := (*client.Error)(nil); !errors.As(err, &e) || e.Code != client.StorageFull || e.Status != 507 {
		t.Fatalf("push on a full disk = %v, want STORAGE_FULL", err)
	}
	before, err := w.as("author").Versions(t.Context(), demoAgent, client.Page{Limit: 1000})
	if err != nil {
		t.Fatalf("reading on a full disk: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if v := w.push(w.variant("There is space again.")); v.Number != before.Items[0].Number+1 {
		t.Errorf("the next version is %s, want the one after %s", v.Name, before.Items[0].Name)
	}
	if v := w.push(w.agent()); v.Digest != first.Digest || v.Number != first.Number {
		t.Errorf("the first version is %s now, want %s", v.Name, first.Name)
	}
	w.checkLedger()
	w.stop()
}

// fill writes to a file until the disk is full.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{64 << 10, 4 << 10, 1} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
}
