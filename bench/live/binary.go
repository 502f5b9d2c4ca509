// Package live measures the product as a user has it: the built binary, its
// server over HTTP, and its commands, with a model server that answers at once.
// Start from [Run].
package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// build makes the stripped binary in dir and returns its path.
func build(ctx context.Context, root, dir string) (string, error) {
	bin := filepath.Join(dir, "aureus")
	if out, err := goBuild(ctx, root, bin, os.Environ()).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the binary: %w\n%s", err, out)
	}
	return bin, nil
}

func goBuild(ctx context.Context, root, bin string, env []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", bin, "./cmd/aureus")
	cmd.Dir, cmd.Env = root, env
	return cmd
}

// coldBuild is the CPU-seconds of a build with an empty build cache. The modules
// are already there.
func coldBuild(ctx context.Context, root, dir string) (float64, error) {
	cache := filepath.Join(dir, "gocache")
	cmd := goBuild(ctx, root, filepath.Join(dir, "cold"), append(os.Environ(), "GOCACHE="+cache))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("build with an empty cache: %w\n%s", err, out)
	}
	st := cmd.ProcessState
	return (st.UserTime() + st.SystemTime()).Seconds(), os.RemoveAll(cache)
}
