package ci_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/ci"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// vars is an environment.
type vars map[string]string

func (v vars) get(name string) string { return v[name] }

// with is v and more.
func (v vars) with(more vars) vars {
	out := vars{}
	for _, m := range []vars{v, more} {
		for k, s := range m {
			out[k] = s
		}
	}
	return out
}

const sha = "ffac537e6cbbf934b08745a378932722df287a53"

// The variables as each system documents them, with secrets that they hold too.
var (
	github = vars{"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_SHA": sha, "GITHUB_REF": "refs/heads/main", "GITHUB_REF_NAME": "main",
		"GITHUB_RUN_ID": "1658821493", "GITHUB_RUN_NUMBER": "3", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_SERVER_URL": "https://github.com",
		"GITHUB_REPOSITORY": "acme/agents", "GITHUB_ACTOR": "octo", "GITHUB_TRIGGERING_ACTOR": "octo", "GITHUB_TOKEN": "ghs_secret"}
	gitlab = vars{"CI": "true", "GITLAB_CI": "true", "CI_COMMIT_SHA": sha, "CI_COMMIT_REF_NAME": "main", "CI_PIPELINE_ID": "1234567",
		"CI_PIPELINE_IID": "17", "CI_PIPELINE_URL": "https://gitlab.example.com/acme/agents/-/pipelines/1234567",
		"CI_PROJECT_URL": "https://gitlab.example.com/acme/agents", "GITLAB_USER_LOGIN": "tanuki",
		"CI_REPOSITORY_URL": "https://gitlab-ci-token:secret@gitlab.example.com/acme/agents.git", "CI_JOB_TOKEN": "secret"}
	jenkins = vars{"JENKINS_URL": "https://jenkins.example.com/", "BUILD_NUMBER": "153", "BUILD_URL": "https://jenkins.example.com/job/agents/153/",
		"GIT_COMMIT": sha, "GIT_BRANCH": "origin/main", "GIT_URL": "https://bot:secret@git.example.com/acme/agents.git?token=secret#x"}
)

func TestBuild(t *testing.T) {
	tests := []struct {
		name string
		env  vars
		want resource.Build
	}{
		{"nowhere", vars{"CI": "true", "GITHUB_SHA": sha, "CI_COMMIT_SHA": sha, "GIT_COMMIT": sha}, resource.Build{}},
		{"GitHub, a push", github, resource.Build{CI: ci.GitHub, GitSHA: sha, BuildNumber: "3", URL: "https://github.com/acme/agents/actions/runs/1658821493",
			Repository: "https://github.com/acme/agents", Branch: "main", Actor: "octo"}},
		{"GitHub, a pull request run again by somebody else",
			github.with(vars{"GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": "shorter-answers", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_TRIGGERING_ACTOR": "hubot"}),
			resource.Build{CI: ci.GitHub, GitSHA: sha, BuildNumber: "3.2", URL: "https://github.com/acme/agents/actions/runs/1658821493/attempts/2",
				Repository: "https://github.com/acme/agents", Branch: "shorter-answers", Actor: "hubot"}},
		{"GitHub, before triggering actors", github.with(vars{"GITHUB_TRIGGERING_ACTOR": "", "GITHUB_RUN_ATTEMPT": ""}),
			resource.Build{CI: ci.GitHub, GitSHA: sha, BuildNumber: "3", URL: "https://github.com/acme/agents/actions/runs/1658821493",
				Repository: "https://github.com/acme/agents", Branch: "main", Actor: "octo"}},
		{"GitHub, with nothing but its mark", vars{"GITHUB_ACTIONS": "true"}, resource.Build{CI: ci.GitHub}},
		{"GitLab, a branch", gitlab, resource.Build{CI: ci.GitLab, GitSHA: sha, BuildNumber: "17", Repository: "https://gitlab.example.com/acme/agents",
			URL: "https://gitlab.example.com/acme/agents/-/pipelines/1234567", Branch: "main", Actor: "tanuki"}},
		{"GitLab, with the commit's author", vars{"GITLAB_CI": "true", "CI_COMMIT_AUTHOR": "Ada Lovelace <ada@example.com>"}, resource.Build{CI: ci.GitLab, Author: "ada@example.com"}},
		{"GitLab, with an author who is nobody's", vars{"GITLAB_CI": "true", "CI_COMMIT_AUTHOR": "Ada Lovelace"}, resource.Build{CI: ci.GitLab}},
		{"GitLab, a merge request", gitlab.with(vars{"CI_COMMIT_REF_NAME": "refs/merge-requests/1/head", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature"}),
			resource.Build{CI: ci.GitLab, GitSHA: sha, BuildNumber: "17", Repository: "https://gitlab.example.com/acme/agents",
				URL: "https://gitlab.example.com/acme/agents/-/pipelines/1234567", Branch: "feature", Actor: "tanuki"}},
		{"Jenkins, a job", jenkins, resource.Build{CI: ci.Jenkins, GitSHA: sha, BuildNumber: "153", URL: "https://jenkins.example.com/job/agents/153/",
			Repository: "https://git.example.com/acme/agents.git", Branch: "main"}},
		{"Jenkins, a change of a multibranch job over SSH",
			jenkins.with(vars{"BRANCH_NAME": "PR-7", "CHANGE_BRANCH": "feature/x", "CHANGE_AUTHOR": "butler", "GIT_URL": "git@git.example.com:acme/agents.git"}),
			resource.Build{CI: ci.Jenkins, GitSHA: sha, BuildNumber: "153", URL: "https://jenkins.example.com/job/agents/153/",
				Repository: "git.example.com:acme/agents.git", Branch: "feature/x", Actor: "butler"}},
		{"Jenkins, values that cannot be fields",
			jenkins.with(vars{"GIT_BRANCH": "a\nb", "BUILD_USER_ID": strings.Repeat("x", 600), "GIT_URL": "/srv/git/agents", "BUILD_URL": "https://%zz"}),
			resource.Build{CI: ci.Jenkins, GitSHA: sha, BuildNumber: "153"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ci.Build(tt.env.get)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Build(%v) (-want +got):\n%s", tt.env, diff)
			}
			if again, err := ci.Check(got); err != nil || again != got {
				t.Errorf("Check(%+v) = %+v, %v, want it as it is", got, again, err)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	got, err := ci.Check(resource.Build{URL: "https://u:p@ci.example.com/1?token=t#f", Repository: "ssh://git@git.example.com/a"})
	want := resource.Build{URL: "https://ci.example.com/1", Repository: "ssh://git.example.com/a"}
	if err != nil || got != want {
		t.Errorf("Check() = %+v, %v, want %+v", got, err, want)
	}
	for _, b := range []resource.Build{{Branch: "a\tb"}, {BuildNumber: strings.Repeat("1", 513)}} {
		if _, err := ci.Check(b); !fault.Is(err, fault.Invalid) {
			t.Errorf("Check(%+v) = %v, want INVALID", b, err)
		}
	}
}

func FuzzBuildURL(f *testing.F) {
	for _, s := range []string{"https://u:p@h/x?q#f", "git@h:a/b", "ssh://git@h:22/a", "u@v@h:p", "://", "a:b@c", "http://[::1]:80/@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := ci.Build(vars{"JENKINS_URL": "x", "GIT_URL": s}.get)
		host, _, _ := strings.Cut(strings.TrimPrefix(b.Repository[max(strings.Index(b.Repository, "://"), 0):], "://"), "/")
		if strings.ContainsAny(b.Repository, "?#\n") || strings.Contains(host, "@") {
			t.Errorf("Build(GIT_URL=%q).Repository = %q, want no user, query or fragment", s, b.Repository)
		}
		if again := ci.Build(vars{"JENKINS_URL": "x", "GIT_URL": b.Repository}.get); again.Repository != b.Repository {
			t.Errorf("Build(GIT_URL=%q).Repository = %q, and of that %q", s, b.Repository, again.Repository)
		}
	})
}
