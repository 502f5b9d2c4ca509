package console

import (
	"fmt"
	"strings"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/resource"
)

// standing is what a person on call asks of a release: why it is where it is,
// what moves it on, by when, and what can be typed to move it.
type standing struct {
	Why   string
	Until resource.Millis // when something happens by itself; 0 is no such time
	Then  string          // what happens then, or what it waits for
	Tone  string
	// Commands that look closer or decide, the first one first.
	Commands []string
}

// standingOf says how a release stands; stopped is that nothing serves there now.
func standingOf(r resource.Release, stopped bool) standing {
	name := fmt.Sprintf("%s@v%d", r.Agent, r.Version)
	switch r.State {
	case resource.ReleasePending:
		return standing{Why: "Another release of " + r.Agent + " moves in " + r.Environment + ", or this one is about to begin.", Then: "It begins by itself when that one has ended.",
			Commands: []string{fmt.Sprintf("aureus release list --agent %s --env %s", r.Agent, r.Environment)}}
	case resource.ReleaseChecking:
		return standing{Why: "Its checks are being made: validation, policies, simulation, evaluation and guardrails.", Then: "The gates decide; one that blocks rejects it.",
			Commands: []string{"aureus release wait " + r.ID}}
	case resource.ReleaseAwaiting:
		return standing{Why: "Every gate before it passes. People have to say yes to exactly this digest and these changes.", Tone: "warn", Then: "An approver answers it, or it expires.",
			Commands: []string{"aureus approvals", fmt.Sprintf("aureus approve %s --reason TEXT", r.ID)}}
	case resource.ReleaseFrozen:
		return standing{Why: "A freeze window is open" + freezeNames(r.Stage.Stage.Freeze) + ", and nothing gets traffic in it.", Tone: "warn", Until: r.FrozenUntil,
			Then: "It goes on by itself; checks that are too old by then are made again.", Commands: []string{"aureus pipeline show " + pipelineOf(r)}}
	case resource.ReleaseDeploying:
		return standing{Why: "Its servers are being reached and their tools compared with what the version has pinned.", Then: "The smoke tests follow.",
			Commands: []string{"aureus release wait " + r.ID}}
	case resource.ReleaseSmoke:
		return standing{Why: "Its smoke tests run with the model that will serve. It has no traffic.", Then: "A test that fails rejects it.",
			Commands: []string{"aureus release wait " + r.ID}}
	}
	return withTraffic(r, name, stopped)
}

// withTraffic says how a release stands whose version is near traffic, or has had some.
func withTraffic(r resource.Release, name string, stopped bool) standing {
	switch r.State {
	case resource.ReleaseShadow:
		return shadowStanding(r)
	case resource.ReleasePreview:
		s := standing{Why: "It can be tried by name and has no traffic: what served goes on serving.", Tone: "warn", Until: r.Deadline, Then: "The gates are read again, and it gets all traffic at once.",
			Commands: []string{fmt.Sprintf("aureus invoke %s --env %s --release %s --input JSON", r.Agent, r.Environment, r.ID), fmt.Sprintf("aureus release promote %s --reason TEXT", r.ID)}}
		if r.Deadline == 0 {
			s.Then = "It waits for a person who promotes it; then it gets all traffic at once."
		}
		return s
	case resource.ReleaseCanary:
		return standing{Why: fmt.Sprintf("%d %% of new sessions go to %s, and each outcome is judged as it arrives.", weightOf(r), name), Until: r.Deadline,
			Then:     "Undecided by then, it is held and people are asked: it is never promoted for want of evidence.",
			Commands: []string{fmt.Sprintf("aureus release verdict %s --recompute", r.ID)}}
	case resource.ReleaseSoaking:
		return standing{Why: name + " has all traffic and is watched. It is not promoted yet.", Until: r.Deadline,
			Then:     "It is promoted when every gate after it passes; one that fails rolls it back at once" + soakGates(r.Stage.Stage.After) + ".",
			Commands: []string{"aureus figures " + r.Agent, fmt.Sprintf("aureus release rollback %s --reason TEXT", r.ID)}}
	case resource.ReleasePaused:
		return standing{Why: fmt.Sprintf("Held in %s. What serves goes on serving, with the same weights.", words(r.PausedFrom)), Tone: "warn",
			Then: "Nothing changes until a person resumes, promotes or ends it.", Commands: []string{fmt.Sprintf("aureus release resume %s --reason TEXT", r.ID), fmt.Sprintf("aureus release cancel %s --reason TEXT", r.ID)}}
	}
	return afterwards(r, name, stopped)
}

// afterwards says what is left to do of a release that goes back or has ended.
func afterwards(r resource.Release, name string, stopped bool) standing {
	switch {
	case r.State == resource.ReleaseRollingBack:
		return standing{Why: "All traffic is on the last verified version, which is being verified again.", Tone: "bad",
			Then: "Should it fail its checks, traffic stops and people are called: nothing is rolled back twice.", Commands: []string{"aureus release wait " + r.ID}}
	case r.Stopped() && stopped:
		return standing{Why: r.Agent + " serves nothing in " + r.Environment + ": what was restored could not be verified, or there was nothing to restore. Invokes are refused.", Tone: "bad",
			Then:     "Traffic comes back when a version is released that passes its gates.",
			Commands: []string{"aureus versions " + r.Agent, fmt.Sprintf("aureus release start %s@vN --env %s --reason TEXT", r.Agent, r.Environment), incidentCommand(r)}}
	case r.State == resource.ReleaseRolledBack:
		return standing{Why: name + " is quarantined: it cannot be released again.", Tone: "bad",
			Then: "The quarantine ends when the root cause is recorded and a guardrail is proven.", Commands: []string{incidentCommand(r)}}
	case r.State == resource.ReleaseRejected:
		return standing{Why: "It got no traffic. " + name + " can be released again once what stopped it is mended.", Tone: "bad",
			Then: "A version cannot be changed: mend the blueprint and push the next one.", Commands: []string{"aureus push FILE", "aureus evidence " + name}}
	}
	return standing{}
}

func shadowStanding(r resource.Release) standing {
	s := standing{Why: "It gets copies of live runs, with its effects captured: no customer sees it.", Until: r.Deadline, Then: "Undecided by then, it is held and people are asked.",
		Commands: []string{"aureus release show " + r.ID, fmt.Sprintf("aureus release promote %s --reason TEXT", r.ID)}}
	if r.ShadowedAt > 0 {
		s.Why, s.Until, s.Then = "Its shadow has ended well.", 0, "The gates before traffic are read again."
	}
	return s
}

func incidentCommand(r resource.Release) string {
	if r.Incident == "" {
		return "aureus incident list"
	}
	return "aureus incident show " + r.Incident
}

func freezeNames(windows []blueprint.Freeze) string {
	var names []string
	for _, w := range windows {
		names = append(names, w.Name)
	}
	return inBrackets("of ", names)
}

// inBrackets lists names after a word, "" without any.
func inBrackets(word string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " (" + word + visible(strings.Join(names, ", ")) + ")"
}

func pipelineOf(r resource.Release) string {
	if r.Stage.Pipeline == "" {
		return "default"
	}
	return r.Stage.Pipeline
}

// soakGates names what is read after a version has all traffic.
func soakGates(rules []blueprint.GateRule) string {
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return inBrackets("", names)
}

// weightOf is the percent of new sessions that a canary gets.
func weightOf(r resource.Release) int {
	if r.Step >= len(r.Plan.Steps) {
		return 0
	}
	return r.Plan.Steps[r.Step].Weight
}
