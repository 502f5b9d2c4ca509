package simulate

import (
	"strings"

	"github.com/aureus-agents/aureus/resource"
)

// The bounds of a transcript: it is kept with the report.
const (
	maxLine  = 4000   // bytes of one text
	maxLines = 400    // lines
	maxTexts = 64_000 // bytes of all texts
)

// Who speaks in a transcript.
const (
	SpeakerUser  = "user"
	SpeakerAgent = "agent"
	SpeakerTool  = "tool"
	SpeakerNote  = "note" // what the run itself has to say
)

// Line is one line of a transcript.
type Line struct {
	Who  string `json:"who"`            // user, agent, tool or note
	Text string `json:"text,omitempty"` // what was said, or what the tool answered
	// Tool and Args are the call that Text answers.
	Tool string `json:"tool,omitempty"`
	Args string `json:"args,omitempty"`
	// Verdict of the call: allowed, approved, refused or error.
	Verdict string `json:"verdict,omitempty"`
}

// Transcript is what was said and done in a run, bounded in its length.
func (p Played) Transcript() []Line {
	t := transcript{left: maxTexts}
	t.add(Line{Who: SpeakerUser, Text: shown(p.Run.Input)})
	said := p.said
	for _, s := range p.Run.Steps {
		for len(said) > 0 && s.Index >= said[0].before {
			t.exchange(said[0])
			said = said[1:]
		}
		t.step(s)
	}
	for _, e := range said {
		t.exchange(e)
	}
	t.add(Line{Who: SpeakerAgent, Text: shown(p.Run.Output)})
	if p.Run.Message != "" {
		t.add(Line{Who: SpeakerNote, Text: string(p.Run.Outcome) + ": " + p.Run.Message})
	}
	return t.lines
}

type transcript struct {
	lines []Line
	left  int
}

func (t *transcript) add(l Line) {
	if len(t.lines) > maxLines || (l.Text == "" && l.Tool == "") {
		return
	}
	for _, s := range []*string{&l.Text, &l.Args} {
		if most := max(min(maxLine, t.left), 0); len(*s) > most {
			*s = strings.ToValidUTF8((*s)[:most], "") + "..."
		}
		t.left -= len(*s)
	}
	t.lines = append(t.lines, l)
}

// exchange is an answer of the agent and what the user said to it.
func (t *transcript) exchange(e exchange) {
	t.add(Line{Who: SpeakerAgent, Text: shown(e.output)})
	t.add(Line{Who: SpeakerUser, Text: e.user})
}

func (t *transcript) step(s resource.Step) {
	switch {
	case s.Model != nil && s.Model.Content != "" && len(s.Model.ToolCalls) > 0: // the last word is the output
		t.add(Line{Who: SpeakerAgent, Text: s.Model.Content})
	case s.Model != nil && s.Model.Error != "":
		t.add(Line{Who: SpeakerNote, Text: "the model did not answer: " + s.Model.Error})
	case s.CRV != nil && s.CRV.Verdict != resource.Pass:
		t.add(Line{Who: SpeakerNote, Text: string(s.CRV.Verdict) + " " + s.CRV.Gate + ": " + s.CRV.Message})
	case s.Tool != nil:
		args, err := readable(s.Tool.Args)
		if err != nil {
			args = ""
		}
		l := Line{Who: SpeakerTool, Tool: s.Tool.Tool, Args: args, Text: s.Tool.Result, Verdict: VerdictAllowed}
		switch {
		case s.Tool.Decision.State == resource.DecisionRejected:
			l.Verdict, l.Text = VerdictRefused, orText(s.Tool.Decision.Reason, s.Tool.Result)
		case s.Tool.IsError:
			l.Verdict = "error"
		case s.Tool.Decision.Approval != "":
			l.Verdict = VerdictApproved
		}
		t.add(l)
	}
}

// Conversation reports whether the run had more than one turn.
func (p Played) Conversation() bool { return len(p.said) > 0 }
