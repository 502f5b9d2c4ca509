package console

import (
	"fmt"
	"math"
	"net/url"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// releaseView is the body of a release's page.
type releaseView struct {
	resource.Release
	Name     string // agent@v3
	Steps    []step
	Delta    deltaView
	Canary   *canaryView
	Shadow   *shadowView
	Rollout  *rolloutView
	Progress *progressView // of the evaluation that is being made
	Standing standing
	Serves   string // there now
	Waivers  []waiverRow
	Approval *approvalView
	Moves    []move
	MayMove  bool
}

// TookToGood is how long it took from the deciding outcome until all traffic
// was on the good version, in milliseconds.
func (v releaseView) TookToGood() int64 { return int64(v.GoodAt - v.DecidedAt) }

// canaryView is a canary with its charts.
type canaryView struct {
	Verdict control.CanaryVerdict
	Harm    eChart
	Safe    eChart
	Arms    []arm
	Streams []streamRow
	Step    string // step 1 of 2
	Need    int    // outcomes of the canary before the next step
}

// arm is one side of a canary.
type arm struct {
	Name     string
	Runs     int64
	Failures int64
	Rate     string
	Share    float64 // of the bar's width, 0..1
	Tone     string
}

// move is something a person may do to a release now.
type move struct {
	Event   string
	Label   string
	Confirm string // what the confirming button says
	Says    string // what will happen
	Tone    string
}

// moves are the buttons in the order shown. Whether one fits the state is the
// release machine's to say.
var moves = []move{
	{"pause", "Pause", "Pause the release", "Holds the release where it is. What serves now goes on serving, with the same weights.", ""},
	{"resume", "Resume", "Resume the release", "Goes on where the release was held.", ""},
	{"promote", "Promote", "Promote to all traffic", "Gives the candidate all traffic without waiting for the canary's verdict. Your reason is kept as evidence.", "warn"},
	{"cancel", "Cancel", "Cancel the release", "Withdraws the release. In canary all traffic goes back to the version that served before.", "bad"},
	{"rollback", "Roll back", "Roll back now", "Puts all traffic on the last verified version, verifies it again, opens an incident and quarantines this version.", "bad"},
}

// movesOf asks the release machine which moves fit.
func movesOf(r resource.Release, by resource.Actor, now resource.Millis) []move {
	var fit []move
	for _, m := range moves {
		if _, _, err := release.Next(r, release.Event{Kind: release.EventKind(m.Event), Actor: by, Reason: m.Label}, now); err == nil {
			fit = append(fit, m)
		}
	}
	return fit
}

// releasePage is one release.
func (s *server) releasePage(rq *request) (view, error) {
	r, err := s.control.Release(rq.Context(), rq.who, rq.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	v := releaseView{Release: r, Name: fmt.Sprintf("%s@v%d", r.Agent, r.Version), Steps: stepsOf(r), MayMove: rq.has(resource.RoleOperator)}
	from := "nothing"
	if r.Baseline != "" {
		from = shortDigest(r.Baseline)
		if b, err := s.control.Version(rq.Context(), rq.who, r.Agent+"@"+r.Baseline); err == nil {
			from = fmt.Sprintf("v%d", b.Number)
		}
	}
	delta, err := s.instructionsOf(rq, r.Agent).fill(r.Delta)
	if err != nil {
		return view{}, err
	}
	v.Delta = deltaOf(delta, from, fmt.Sprintf("v%d", r.Version))
	v.Delta.Open = true
	v.Moves = movesOf(r, rq.who.Actor, resource.Millis(s.now().UnixMilli()))
	if err := s.judged(rq, r, &v); err != nil {
		return view{}, err
	}
	if r.State == resource.ReleaseAwaiting && r.Approval != "" {
		if v.Approval, err = s.approvalOf(rq, r.Approval); err != nil {
			return view{}, err
		}
	}
	return view{template: "release", title: v.Name + " into " + r.Environment, nav: "releases", body: v}, nil
}

// judged fills what judges the release, and what it goes by.
func (s *server) judged(rq *request, r resource.Release, v *releaseView) (err error) {
	if v.Progress, err = s.progressOf(rq, r); err != nil {
		return err
	}
	if v.Shadow, err = s.shadowView(rq, r); err != nil {
		return err
	}
	if r.Canary != nil {
		if v.Canary, err = s.canaryView(rq, r); err != nil {
			return err
		}
	}
	if v.Rollout, err = s.rolloutOf(r); err != nil {
		return err
	}
	if v.Waivers, err = s.waiversOf(rq, r); err != nil {
		return err
	}
	var stopped bool
	v.Serves, stopped, err = s.servesNow(rq, r)
	v.Standing = standingOf(r, stopped)
	return err
}

func (s *server) canaryView(rq *request, r resource.Release) (*canaryView, error) {
	cv, err := s.control.Verdict(rq.Context(), rq.who, r.ID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c := &canaryView{Verdict: cv, Harm: harmChart(cv), Safe: safeChart(cv)}
	c.Arms = []arm{armOf("Control", cv.Stored.Control), armOf("Canary", cv.Stored.Canary)}
	scaleArms(c.Arms)
	c.Streams = streamsOf(cv)
	if cv.Stored.EHarm >= inverse(cv.Plan.Alpha) {
		c.Arms[1].Tone = "bad"
	}
	if at := stateOf(r); at == resource.ReleaseCanary && r.Step < len(r.Plan.Steps) {
		c.Step = fmt.Sprintf("step %d of %d", r.Step+1, len(r.Plan.Steps))
		c.Need = max(0, r.Plan.Steps[r.Step].Runs-cv.Stored.AtStep)
	}
	return c, nil
}

func armOf(name string, n resource.ArmCount) arm {
	a := arm{Name: name, Runs: n.Runs, Failures: n.Failures, Rate: none}
	if n.Runs > 0 {
		a.Share = float64(n.Failures) / float64(n.Runs)
		a.Rate = percent(a.Share)
	}
	return a
}

// scaleArms makes the bars of two arms comparable: the longest is as long as the
// rate is to the next round number.
func scaleArms(arms []arm) {
	top := 0.0
	for _, a := range arms {
		top = max(top, a.Share)
	}
	top = min(1, niceCeil(top))
	for i := range arms {
		arms[i].Share = math.Min(1, arms[i].Share/top)
	}
}

// moveRelease sends an event to a release.
func (s *server) moveRelease(rq *request) (to, said string, err error) {
	id, event := rq.PathValue("id"), rq.PostForm.Get("event")
	reason, err := reasonOf(rq)
	if err != nil {
		return "", "", err
	}
	for _, m := range moves {
		if m.Event != event {
			continue
		}
		r, err := s.control.MoveRelease(rq.Context(), rq.who, id, event, reason)
		if err != nil {
			return "", "", err
		}
		return "/releases/" + url.PathEscape(id), "Done: " + m.Label + ". The release is " + words(r.State) + " now.", nil
	}
	return "", "", fault.New(fault.Invalid, "%q is not something that can be done to a release. Use one of the buttons of its page.", event)
}
