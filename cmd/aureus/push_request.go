package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/resource"
)

// pushRequest is the request that registers the blueprint of a file, with how it
// was generated and the metadata of the build. src says what it was read from.
func pushRequest(ctx context.Context, e *env, given resource.Build, file string, a *blueprint.Agent, src *blueprint.Source) (resource.PushRequest, error) {
	gen, err := readRecord(file)
	if err != nil {
		return resource.PushRequest{}, err
	}
	b, dir := buildOf(e, given), filepath.Dir(file)
	b.Source = filepath.Base(file)
	if b.GitSHA == "" {
		b.GitSHA = headOf(ctx, dir)
	}
	b.CommittedAt = committedAt(ctx, dir, b.GitSHA)
	author, committer := changedBy(ctx, dir, b.GitSHA, src.Files())
	if author != "" && given.Author == "" {
		b.Author = author
	}
	if committer != "" && given.Committer == "" {
		b.Committer = committer
	}
	return resource.PushRequest{Blueprint: a, Build: b, Generation: gen}, nil
}

// buildOf is what the CI system says of the build; what is given comes before it.
func buildOf(e *env, given resource.Build) resource.Build {
	b := ci.Build(e.getenv)
	if given.GitSHA != "" {
		b.GitSHA = given.GitSHA
	}
	if given.BuildNumber != "" {
		b.BuildNumber = given.BuildNumber
	}
	if given.Author != "" {
		b.Author = given.Author
	}
	if given.Committer != "" {
		b.Committer = given.Committer
	}
	return b
}

// changedBy are the author and the committer of the last commit up to sha, merges
// aside, that changed one of the files of dir; "" when that is not known there, or
// the files are not as sha has them.
func changedBy(ctx context.Context, dir, sha string, files []string) (author, committer string) {
	if sha == "" || len(files) == 0 {
		return "", ""
	}
	var paths []string
	for _, f := range files {
		path, err := filepath.Rel(dir, f)
		if err != nil {
			return "", ""
		}
		paths = append(paths, path)
	}
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", append(append(args, "--end-of-options", sha, "--"), paths...)...)
		cmd.Dir = dir
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	if _, err := git("diff", "--quiet"); err != nil {
		return "", ""
	}
	out, err := git("log", "-1", "--no-merges", "--format=%ae%n%ce")
	if err != nil {
		return "", ""
	}
	author, committer, _ = strings.Cut(out, "\n")
	return ci.Person(author), ci.Person(committer)
}

// committedAt is when a commit of the repository of dir was made, 0 when that is
// not known there.
func committedAt(ctx context.Context, dir, sha string) resource.Millis {
	if sha == "" {
		return 0
	}
	cmd := exec.CommandContext(ctx, "git", "show", "--no-patch", "--format=%ct", "--end-of-options", sha)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return 0
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil || seconds < 0 {
		return 0
	}
	return resource.Millis(seconds * 1000)
}

// headOf is the commit that is checked out in dir, "" when there is none.
func headOf(ctx context.Context, dir string) string {
	cmd := exec.CommandContext(ctx, "git", "rev-parse", "HEAD")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
