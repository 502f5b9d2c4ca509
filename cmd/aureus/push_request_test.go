package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestChangedBy: the author is of the last commit that changed the blueprint or a
// file that it names, and of nothing else.
func TestChangedBy(t *testing.T) {
	dir := t.TempDir()
	git := func(who string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=A", "GIT_COMMITTER_NAME=C",
			"GIT_AUTHOR_EMAIL="+who, "GIT_COMMITTER_EMAIL=committer@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	commit := func(who, name, text string) string {
		t.Helper()
		write(name, text)
		git(who, "add", name)
		git(who, "commit", "-q", "-m", "change "+name)
		return headOf(t.Context(), dir)
	}
	agent, policy := filepath.Join(dir, "agent.yaml"), filepath.Join(dir, "policy.cedar")
	want := func(what, sha, author, committer string) {
		t.Helper()
		a, c := changedBy(t.Context(), dir, sha, []string{agent, policy})
		if a != author || c != committer {
			t.Errorf("%s: changedBy() = %q, %q, want %q, %q", what, a, c, author, committer)
		}
	}
	git("x", "init", "-q")
	write("agent.yaml", "1")
	want("no commit", "", "", "")
	want("a commit that is not there", "0123456789012345678901234567890123456789", "", "")
	commit("ada@example.com", "policy.cedar", "1")
	first := commit("ada@example.com", "agent.yaml", "1")
	want("both files", first, "ada@example.com", "committer@example.com")
	want("another file", commit("bo@example.com", "notes.txt", "1"), "ada@example.com", "committer@example.com")
	want("the policy", commit("17+lea@users.noreply.github.com", "policy.cedar", "2"), "lea", "committer@example.com")
	git("x", "checkout", "-q", "-b", "branch")
	commit("dan@example.com", "agent.yaml", "2")
	git("x", "checkout", "-q", "main")
	commit("bo@example.com", "notes.txt", "2")
	git("merger@example.com", "merge", "-q", "--no-ff", "-m", "merge", "branch")
	merged := headOf(t.Context(), dir)
	want("a merge", merged, "dan@example.com", "committer@example.com")
	write("agent.yaml", "3")
	want("a file that is not as the commit has it", merged, "", "")
	write("agent.yaml", "2")
	want("an address that is no name", commit(fmt.Sprintf("%s@example.com", "o'hara"), "agent.yaml", "4"), "", "committer@example.com")
}
