package ci_test

import (
	"testing"

	"github.com/aureus-agents/aureus/internal/ci"
)

func TestPerson(t *testing.T) {
	for in, want := range map[string]string{
		"ada@example.com":                            "ada@example.com",
		" Ada.L+aureus@example.com\n":                "Ada.L+aureus@example.com",
		"583231+octocat@users.noreply.github.com":    "octocat",
		"octo-cat@users.noreply.github.com":          "octo-cat",
		"17-tanuki@users.noreply.gitlab.example.com": "tanuki",
		"noreply@github.com":                         "",
		"":                                           "",
		"o'hara@example.com":                         "",
		"ada":                                        "ada",
		"<script>@example.com":                       "",
	} {
		if got := ci.Person(in); got != want {
			t.Errorf("Person(%q) = %q, want %q", in, got, want)
		}
	}
}
