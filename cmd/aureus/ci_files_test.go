package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/aureus-agents/aureus/client"
	refunddesk "github.com/aureus-agents/aureus/examples/refund-desk"
	"github.com/aureus-agents/aureus/resource"
)

// ciFile reads a file of the folder ci.
func ciFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func parseYAML(t *testing.T, name string, into any) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(ciFile(t, name)), into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// The parts of GitHub's metadata of actions and syntax of workflows that the files
// use; a key that is not here is an error.
type (
	action struct {
		Name, Description string
		Inputs            map[string]struct{ Description, Default string }
		Outputs           map[string]struct{ Description, Value string }
		Runs              struct {
			Using string
			Steps []actionStep
		}
	}
	actionStep struct {
		Name, ID, Shell, If, Uses, Run string
		Env                            map[string]string
		With                           map[string]string
	}
	workflow struct {
		Name        string
		On          map[string]struct{ Branches, Paths []string }
		Permissions map[string]string
		Concurrency struct {
			Group            string
			CancelInProgress string `yaml:"cancel-in-progress"`
		}
		Jobs map[string]struct {
			RunsOn         string `yaml:"runs-on"`
			TimeoutMinutes int    `yaml:"timeout-minutes"`
			Steps          []actionStep
		}
	}
)

// build is a simulated build: a server, a repository with an agent, and how a CI
// system runs the shell of a step.
type build struct {
	t      *testing.T
	dir    string
	server string
	token  string
	model  string
	admin  *client.Client
}

func newBuild(t *testing.T) *build {
	t.Helper()
	model := httptest.NewServer(refunddesk.Model())
	t.Cleanup(model.Close)
	b := &build{t: t, dir: t.TempDir(), model: model.URL + "/v1"}
	c, m, err := startChild(t.TempDir(), childEnv("AUREUS_MODEL_URL="+b.model, "AUREUS_MODEL_NAME="+refunddesk.ModelName, "PATH="+b.path()), servesAt,
		shipped(t), "serve", "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	b.token, b.server = m[1], m[2]
	if b.admin, err = client.New(b.server, b.token, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(b.dir, "agents"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeRefundDesk(filepath.Join(b.dir, "agents", "desk.yaml")); err != nil {
		t.Fatal(err)
	}
	return b
}

// path has the program first.
func (b *build) path() string {
	return filepath.Dir(shipped(b.t)) + string(os.PathListSeparator) + os.Getenv("PATH")
}

// run runs a script as a CI system does, with nothing of this process's
// environment but what a program needs.
func (b *build) run(script string, shell []string, vars map[string]string) (int, string) {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), shell[0], append(slices.Clone(shell[1:]), script)...)
	cmd.Dir = b.dir
	cmd.Env = []string{"PATH=" + b.path(), "HOME=" + b.dir, "TMPDIR=" + os.TempDir(), "AUREUS_MODEL_URL=" + b.model, "AUREUS_MODEL_NAME=" + refunddesk.ModelName}
	for k, v := range vars {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// want checks a run of a script.
func (b *build) want(status int, script string, shell []string, vars map[string]string, more ...map[string]string) string {
	b.t.Helper()
	all := map[string]string{}
	for _, m := range append([]map[string]string{vars}, more...) {
		for k, v := range m {
			all[k] = v
		}
	}
	got, out := b.run(script, shell, all)
	if got != status {
		b.t.Fatalf("exit status = %d, want %d\n%s", got, status, out)
	}
	return out
}

func (b *build) version() resource.Version {
	b.t.Helper()
	v, err := b.admin.Version(b.t.Context(), "refund-desk@v1")
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// wrote checks that files are there.
func (b *build) wrote(names ...string) {
	b.t.Helper()
	for _, n := range names {
		if st, err := os.Stat(filepath.Join(b.dir, n)); err != nil || st.Size() == 0 {
			b.t.Errorf("%s was not written: %v", n, err)
		}
	}
}

const buildSHA = "ffac537e6cbbf934b08745a378932722df287a53"

// inputOf is an expression of an action that reads an input.
var inputOf = regexp.MustCompile(`^\$\{\{ inputs\.([a-z]+) \}\}$`)

// TestGitHubAction runs the steps of the composite action as the runner does: its
// shell, its variables, its files for summary and outputs. What only GitHub can
// try (checkout, expressions of the workflow, the upload of SARIF) is not tried.
func TestGitHubAction(t *testing.T) {
	t.Parallel()
	var a action
	parseYAML(t, "ci/github/action.yml", &a)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) != 2 {
		t.Fatalf("the action runs %+v, want two composite steps", a.Runs)
	}
	bash := []string{"bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"}
	for _, s := range a.Runs.Steps {
		if s.Shell != "bash" || strings.Contains(s.Run, "${{") {
			t.Errorf("step %q: shell %q, want bash and no expression in the script", s.Name, s.Shell)
		}
	}
	b := newBuild(t)
	runner := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SHA": buildSHA, "GITHUB_REF_NAME": "main", "GITHUB_RUN_NUMBER": "3", "GITHUB_RUN_ID": "99",
		"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/agents", "GITHUB_ACTOR": "octo", "GITHUB_PATH": filepath.Join(b.dir, "path"),
		"GITHUB_STEP_SUMMARY": filepath.Join(b.dir, "summary.md"), "GITHUB_OUTPUT": filepath.Join(b.dir, "output")}
	with := func(inputs map[string]string) map[string]string {
		vars := map[string]string{}
		for name, expr := range a.Runs.Steps[1].Env {
			m := inputOf.FindStringSubmatch(expr)
			if m == nil {
				t.Fatalf("variable %s is %q, want an input", name, expr)
			}
			in, ok := a.Inputs[m[1]]
			if !ok {
				t.Fatalf("there is no input %q", m[1])
			}
			if vars[name] = in.Default; inputs[m[1]] != "" {
				vars[name] = inputs[m[1]]
			}
		}
		return vars
	}
	b.want(0, a.Runs.Steps[0].Run, bash, runner)
	check := a.Runs.Steps[1].Run
	b.want(0, check, bash, runner, with(map[string]string{"server": b.server})) // a fork: no token
	if _, err := b.admin.Agent(t.Context(), "refund-desk"); err == nil {
		t.Error("a build without a token registered an agent")
	}
	onServer := map[string]string{"server": b.server, "token": b.token}
	b.want(0, check, bash, runner, with(onServer))
	b.wrote("aureus-junit.xml", "aureus.sarif", "aureus.md", "aureus.json", "summary.md", "output")
	if got := b.version().Build; got.CI != "github" || got.GitSHA != buildSHA || got.URL != "https://github.com/acme/agents/actions/runs/99" {
		t.Errorf("the version's build is %+v, want that of the runner", got)
	}
	onServer["release"], onServer["wait"] = "true", "true"
	b.want(4, check, bash, runner, with(onServer))
	onServer["waiting"] = "ok"
	b.want(0, check, bash, runner, with(onServer))
	outputs, err := os.ReadFile(filepath.Join(b.dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range a.Outputs {
		if want := "${{ steps.aureus.outputs." + name + " }}"; o.Value != want || !strings.Contains(string(outputs), "\n"+name+"=") && !strings.HasPrefix(string(outputs), name+"=") {
			t.Errorf("output %s is %q, want %q and written by the step", name, o.Value, want)
		}
	}
	onServer["files"] = "agents/*.yaml $(touch hacked) ; touch hacked"
	b.want(2, check, bash, runner, with(onServer))
	if _, err := os.Stat(filepath.Join(b.dir, "hacked")); err == nil {
		t.Error("an input was run as a script")
	}
}

// TestGitHubWorkflow: the workflow parses, and calls the action with inputs that
// it has.
func TestGitHubWorkflow(t *testing.T) {
	var a action
	parseYAML(t, "ci/github/action.yml", &a)
	var w workflow
	parseYAML(t, "ci/github/agents.yml", &w)
	ours := 0
	for name, job := range w.Jobs {
		for _, s := range job.Steps {
			if s.Uses == "" && s.Run == "" || s.Run != "" {
				t.Errorf("job %s has a step %+v, want one that uses an action", name, s)
			}
			if !strings.HasPrefix(s.Uses, "aureus-agents/aureus/ci/github@") {
				continue
			}
			ours++
			for in := range s.With {
				if _, ok := a.Inputs[in]; !ok {
					t.Errorf("the workflow gives %q, which the action has not", in)
				}
			}
		}
	}
	if ours != 1 || w.Permissions["contents"] != "read" {
		t.Errorf("the workflow uses the action %d times with permissions %v, want once with contents: read", ours, w.Permissions)
	}
}

// gitlabJob is the part of GitLab's syntax that the file uses.
type gitlabJob struct {
	Image         string
	Extends       string
	Variables     map[string]string
	BeforeScript  []string `yaml:"before_script"`
	Script        []string
	ResourceGroup string `yaml:"resource_group"`
	AllowFailure  struct {
		ExitCodes []int `yaml:"exit_codes"`
	} `yaml:"allow_failure"`
	Artifacts struct {
		When    string
		Paths   []string
		Reports map[string]string
	}
	Rules []struct {
		If      string
		Changes []string
	}
}

// TestGitLab runs the scripts of the jobs as a runner's shell does, with the
// predefined variables. What only GitLab can try (rules, artifacts, resource
// groups) is not tried.
func TestGitLab(t *testing.T) {
	t.Parallel()
	var jobs map[string]gitlabJob
	parseYAML(t, "ci/gitlab/aureus.gitlab-ci.yml", &jobs)
	b := newBuild(t)
	predefined := map[string]string{"GITLAB_CI": "true", "CI_COMMIT_SHA": buildSHA, "CI_COMMIT_REF_NAME": "main", "CI_PIPELINE_IID": "17",
		"CI_PIPELINE_URL": "https://gitlab.example.com/acme/agents/-/pipelines/1", "CI_PROJECT_URL": "https://gitlab.example.com/acme/agents", "GITLAB_USER_LOGIN": "tanuki",
		"AUREUS_SERVER": b.server}
	script := func(name string) (string, map[string]string) {
		base, job := jobs[".aureus"], jobs[name]
		if job.Extends != ".aureus" || len(job.Rules) == 0 || len(job.Script) > 0 {
			t.Fatalf("job %s is %+v, want one that extends .aureus under rules", name, job)
		}
		vars := map[string]string{}
		for _, m := range []map[string]string{base.Variables, job.Variables} {
			for k, v := range m {
				vars[k] = v
			}
		}
		return strings.Join(append(slices.Clone(base.BeforeScript), base.Script...), "\n"), vars
	}
	bash := []string{"bash", "-eo", "pipefail", "-c"}
	check, vars := script("agents:check")
	b.want(0, check, bash, vars, predefined) // a fork: no token
	if _, err := b.admin.Agent(t.Context(), "refund-desk"); err == nil {
		t.Error("a build without a token registered an agent")
	}
	predefined["AUREUS_TOKEN"] = b.token
	b.want(0, check, bash, vars, predefined)
	b.want(0, check, []string{"sh", "-ec"}, vars, predefined) // images without bash
	base := jobs[".aureus"]
	b.wrote(append(base.Artifacts.Paths, base.Artifacts.Reports["junit"])...)
	if got := b.version().Build; got.CI != "gitlab" || got.BuildNumber != "17" || got.Actor != "tanuki" {
		t.Errorf("the version's build is %+v, want that of the runner", got)
	}
	release, vars := script("agents:release")
	b.want(4, release, bash, vars, predefined)
	if got := jobs["agents:release"].AllowFailure.ExitCodes; !slices.Equal(got, []int{4}) {
		t.Errorf("the release may fail with %v, want 4", got)
	}
}

// TestJenkinsfile runs the shell of the Jenkinsfile as the step sh does. The
// Groovy around it needs Jenkins; only its brackets are checked here.
func TestJenkinsfile(t *testing.T) {
	t.Parallel()
	text := ciFile(t, "ci/jenkins/Jenkinsfile")
	parts := strings.Split(text, "'''")
	if len(parts) != 3 {
		t.Fatalf("the Jenkinsfile has %d scripts, want one", len(parts)/2)
	}
	for _, pair := range []string{"{}", "()"} {
		if o, c := strings.Count(parts[0]+parts[2], pair[:1]), strings.Count(parts[0]+parts[2], pair[1:]); o != c {
			t.Errorf("the Jenkinsfile has %d %q and %d %q", o, pair[:1], c, pair[1:])
		}
	}
	b := newBuild(t)
	vars := map[string]string{"JENKINS_URL": "https://jenkins.example.com/", "BUILD_NUMBER": "153", "BUILD_URL": "https://jenkins.example.com/job/agents/153/",
		"GIT_COMMIT": buildSHA, "GIT_URL": "https://bot:secret@git.example.com/acme/agents.git", "BRANCH_NAME": "feature", "AUREUS_SERVER": b.server, "AUREUS_TOKEN": b.token}
	for _, m := range regexp.MustCompile(`(AUREUS_\w+) = '([^']*)'`).FindAllStringSubmatch(parts[0], -1) {
		vars[m[1]] = m[2]
	}
	sh := []string{"sh", "-xec"}
	b.want(0, parts[1], sh, vars)
	b.wrote("aureus-junit.xml", "aureus.md")
	if got := b.version().Build; got.CI != "jenkins" || got.BuildNumber != "153" || got.Branch != "feature" || got.Repository != "https://git.example.com/acme/agents.git" {
		t.Errorf("the version's build is %+v, want that of Jenkins", got)
	}
	b.want(4, parts[1], sh, vars, map[string]string{"BRANCH_NAME": "main"})
	b.want(6, parts[1], sh, vars, map[string]string{"AUREUS_SERVER": "http://127.0.0.1:1", "AUREUS_FILES": "agents/desk.yaml --retry 0s"})
}

// TestPreCommit commits to a real repository with the hook in it.
func TestPreCommit(t *testing.T) {
	t.Parallel()
	var hooks []struct {
		ID, Name, Description, Entry, Language, Files string
		PassFilenames                                 bool `yaml:"pass_filenames"`
	}
	parseYAML(t, ".pre-commit-hooks.yaml", &hooks)
	if len(hooks) != 1 || hooks[0].Language != "script" || hooks[0].PassFilenames {
		t.Fatalf("the hooks are %+v, want one script without file names", hooks)
	}
	files, hook := regexp.MustCompile(hooks[0].Files), absolutePath(t, filepath.Join("../..", hooks[0].Entry))
	b := &build{t: t, dir: t.TempDir()}
	sh := []string{"sh", "-ec"}
	vars := map[string]string{"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": "/dev/null"}
	write := func(name, text string) {
		t.Helper()
		if !files.MatchString(name) {
			t.Errorf("the hook does not run on %s", name)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(b.dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.want(0, fmt.Sprintf("git init -q && ln -s %q .git/hooks/pre-commit", hook), sh, vars)
	good := filepath.Join(t.TempDir(), "desk.yaml")
	if err := writeRefundDesk(good); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	const folder = "my agents/"
	desk := strings.Replace(string(text), "    suites:\n", "    suites:\n      - name: more\n        file: suites/more.yaml\n", 1)
	suite := "- name: thanks\n  input: {message: hello}\n  expect: {outcome: success}\n"
	commit := "git add -A && git commit -q -m x"

	write(folder+"desk.yaml", desk)
	write(folder+"suites/more.yaml", suite)
	write("pod.yaml", "apiVersion: v1\nkind: Pod\n")
	if out := b.want(0, commit, sh, vars); !strings.Contains(out, "refund-desk passes") {
		t.Errorf("the hook said %q, want that the blueprint passes", out)
	}
	write("pod.yaml", "apiVersion: v1\nkind: Service\n")
	if out := b.want(0, commit, sh, vars); strings.Contains(out, "refund-desk") {
		t.Errorf("a commit of something else validated the blueprint: %s", out)
	}
	write(folder+"suites/more.yaml", "- nam: thanks\n")
	if out := b.want(1, commit, sh, vars); !strings.Contains(out, "suites/more.yaml:1") {
		t.Errorf("a wrong suite: the hook said %q, want the line", out)
	}
	write(folder+"suites/more.yaml", suite) // only the folder is right, what is staged is not
	b.want(1, "git commit -q -m x", sh, vars)
	b.want(0, commit+" --allow-empty", sh, vars)
	write(folder+"desk.yaml", strings.Replace(desk, "riskTier: high", "riskTier: low", 1))
	b.want(1, commit, sh, vars)
	b.want(1, "git checkout -q HEAD -- . && git rm -q 'my agents/suites/more.yaml' && git commit -q -m x", sh, vars)
	if out := b.want(1, "git reset -q --hard && echo >> 'my agents/desk.yaml' && "+commit, sh, vars, map[string]string{"PATH": "/usr/bin:/bin"}); !strings.Contains(out, "aureus is not on the PATH") {
		t.Errorf("without aureus: the hook said %q", out)
	}
}

func absolutePath(t *testing.T, name string) string {
	t.Helper()
	abs, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
