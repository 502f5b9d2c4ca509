package ci

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// The CI systems whose variables are known.
const (
	GitHub  = "github"
	GitLab  = "gitlab"
	Jenkins = "jenkins"
)

// System names the CI system that the variables are of, "" for none.
func System(getenv func(string) string) string {
	switch {
	case getenv("GITHUB_ACTIONS") == "true":
		return GitHub
	case getenv("GITLAB_CI") == "true":
		return GitLab
	case getenv("JENKINS_URL") != "":
		return Jenkins
	}
	return ""
}

// Build is what a CI system says of the build by its documented variables; empty
// outside of one. URLs are without user, query and fragment: what may be secret in
// them is not kept. On a pull request of GitHub the commit is the one that is
// checked out, which merges the request into its target.
func Build(getenv func(string) string) resource.Build {
	var b resource.Build
	switch System(getenv) {
	case GitHub:
		b = ofGitHub(getenv)
	case GitLab:
		b = resource.Build{
			CI: GitLab, GitSHA: getenv("CI_COMMIT_SHA"), BuildNumber: getenv("CI_PIPELINE_IID"), URL: getenv("CI_PIPELINE_URL"),
			Repository: getenv("CI_PROJECT_URL"), Branch: firstOf(getenv, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"),
			Actor: getenv("GITLAB_USER_LOGIN"), Author: Person(addressIn(getenv("CI_COMMIT_AUTHOR"))),
		}
	case Jenkins:
		b = resource.Build{
			CI: Jenkins, GitSHA: getenv("GIT_COMMIT"), BuildNumber: getenv("BUILD_NUMBER"), URL: getenv("BUILD_URL"),
			Repository: getenv("GIT_URL"), Actor: firstOf(getenv, "CHANGE_AUTHOR", "BUILD_USER_ID"),
			Branch: strings.TrimPrefix(firstOf(getenv, "CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"), "origin/"),
		}
	}
	return tidy(b)
}

func ofGitHub(getenv func(string) string) resource.Build {
	b := resource.Build{
		CI: GitHub, GitSHA: getenv("GITHUB_SHA"), BuildNumber: getenv("GITHUB_RUN_NUMBER"),
		Branch: firstOf(getenv, "GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
		Actor:  firstOf(getenv, "GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"),
	}
	attempt := getenv("GITHUB_RUN_ATTEMPT")
	again := attempt != "" && attempt != "1"
	if again && b.BuildNumber != "" {
		b.BuildNumber += "." + attempt
	}
	server, repo, id := strings.TrimRight(getenv("GITHUB_SERVER_URL"), "/"), getenv("GITHUB_REPOSITORY"), getenv("GITHUB_RUN_ID")
	if server == "" || repo == "" {
		return b
	}
	b.Repository = server + "/" + repo
	if id != "" {
		b.URL = b.Repository + "/actions/runs/" + id
		if again {
			b.URL += "/attempts/" + attempt
		}
	}
	return b
}

// firstOf is the value of the first variable that is set.
func firstOf(getenv func(string) string, names ...string) string {
	for _, n := range names {
		if v := getenv(n); v != "" {
			return v
		}
	}
	return ""
}

// maxField bounds a field of a build: it is signed, and part of a ledger event.
const maxField = 512

// Check refuses a build with a field that is too long or not one line, and takes
// users, queries and fragments out of its URLs.
func Check(b resource.Build) (resource.Build, error) {
	fields := []struct{ name, value string }{
		{"gitSha", b.GitSHA}, {"buildNumber", b.BuildNumber}, {"modelVersion", b.ModelVersion}, {"source", b.Source}, {"ci", b.CI},
		{"url", b.URL}, {"repository", b.Repository}, {"branch", b.Branch}, {"actor", b.Actor},
	}
	for _, f := range fields {
		if !clean(f.value) {
			return b, fault.New(fault.Invalid, "build.%s is not a line of at most %d bytes", f.name, maxField).
				With(fault.Detail{Path: "build." + f.name, Message: "must be one line without control characters", Fix: "shorten it, or leave it out"})
		}
	}
	return tidy(b), nil
}

func clean(s string) bool { return len(s) <= maxField && !strings.ContainsFunc(s, unicode.IsControl) }

// tidy drops what cannot be a field, and what may be secret in a URL.
func tidy(b resource.Build) resource.Build {
	b.URL, b.Repository = plainURL(b.URL), plainURL(b.Repository)
	for _, f := range []*string{&b.GitSHA, &b.BuildNumber, &b.URL, &b.Repository, &b.Branch, &b.Actor} {
		if !clean(*f) {
			*f = ""
		}
	}
	return b
}

// plainURL is a URL without user, query and fragment; what is no URL is dropped,
// but for git's short form of SSH addresses, which loses its user.
func plainURL(s string) string {
	if !strings.Contains(s, "://") {
		host, path, ok := strings.Cut(s, ":")
		host = host[strings.LastIndex(host, "@")+1:]
		if !ok || host == "" || path == "" || strings.ContainsAny(host, "/?# ") || strings.ContainsAny(path, "?#@") {
			return ""
		}
		return host + ":" + path
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}
