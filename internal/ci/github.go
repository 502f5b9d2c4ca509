package ci

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/aureus-agents/aureus/internal/fault"
)

// levels are the annotations of GitHub by the severity of a finding.
var levels = map[string]string{"error": "error", "warning": "warning"}

// Annotations are workflow commands that show findings beside the lines that they
// are about, and steps that do not pass for another reason.
func (r Result) Annotations() string {
	var b strings.Builder
	for _, a := range r.Agents {
		for _, f := range a.Findings {
			level := levels[f.Severity]
			if level == "" {
				level = "notice"
			}
			text := f.Message
			if f.Remediation != "" {
				text += "\nTo fix it: " + f.Remediation
			}
			annotate(&b, level, text, "file", f.File, "line", number(f.Line), "col", number(f.Column), "title", f.Rule)
		}
		for _, s := range a.Steps {
			switch {
			case (s.Verdict == Block || s.Verdict == Fail) && len(a.Findings) == 0:
				annotate(&b, "error", s.Message, "file", a.File, "title", a.Title()+" "+s.Name)
			case s.Verdict == Wait:
				annotate(&b, "notice", s.Message, "file", a.File, "title", a.Title()+" "+s.Name)
			}
		}
	}
	return b.String()
}

func number(n int) string {
	if n < 1 {
		return ""
	}
	return strconv.Itoa(n)
}

// annotate writes one command; properties without a value are left out.
func annotate(b *strings.Builder, level, text string, properties ...string) {
	b.WriteString("::" + level)
	sep := " "
	for i := 0; i < len(properties); i += 2 {
		if properties[i+1] != "" {
			b.WriteString(sep + properties[i] + "=" + propertyText.Replace(properties[i+1]))
			sep = ","
		}
	}
	b.WriteString("::" + commandText.Replace(cut(text, 4000)) + "\n")
}

// A command is one line; its escapes are those of the runner.
var (
	commandText  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyText = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// Outputs are the lines for GITHUB_OUTPUT: verdict, exit and agents (a JSON list of
// {"agent","version","digest","verdict","release","state"}); for one blueprint also
// version, digest, release and state.
func (r Result) Outputs() (string, error) {
	type agent struct {
		Agent   string  `json:"agent"`
		Version string  `json:"version"`
		Digest  string  `json:"digest"`
		Verdict Verdict `json:"verdict"`
		Release string  `json:"release"`
		State   string  `json:"state"`
	}
	list := []agent{}
	for _, a := range r.Agents {
		x := agent{Agent: a.Agent, Version: a.Version, Digest: a.Digest, Verdict: a.Verdict()}
		if a.Release != nil {
			x.Release, x.State = a.Release.ID, string(a.Release.State)
		}
		list = append(list, x)
	}
	data, err := json.Marshal(list)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "the outputs could not be written as JSON")
	}
	var b strings.Builder
	put := func(name, value string) { fmt.Fprintf(&b, "%s=%s\n", name, Plain(value)) }
	put("verdict", string(r.Verdict))
	put("exit", strconv.Itoa(r.Exit))
	put("agents", string(data))
	if len(list) == 1 {
		put("version", list[0].Version)
		put("digest", list[0].Digest)
		put("release", list[0].Release)
		put("state", list[0].State)
	}
	return b.String(), nil
}
