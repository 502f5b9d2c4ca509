package console

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/internal/evaluate"
	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

// maxCases is how many cases the page shows; the file has all.
const maxCases = 500

// evaluationView is the body of an evaluation's page.
type evaluationView struct {
	evaluate.View
	Version  resource.Version
	Evidence control.VerifiedEvidence
	Path     string // of this page
	Show     string // all, failed, flipped or passed
	Shows    []showing
	Cases    []evaluate.CaseView // those that Show picks
	More     int                 // cases that are not shown
	Stats    []stat
}

// showing is one choice of cases.
type showing struct {
	Name  string
	Count int
}

// evaluationPage shows the report of an evaluation: the comparison, and each case
// with its grades and transcripts.
func (s *server) evaluationPage(rq *request) (view, error) {
	v := evaluationView{Show: rq.URL.Query().Get("show")}
	if v.Show == "" {
		v.Show = "all"
	}
	report, err := s.evaluation(rq, &v)
	if err != nil {
		return view{}, err
	}
	v.View = report.View(v.Evidence.ID)
	v.Path = "/evidence/" + v.Version.Agent + "@" + v.Version.Digest + "/" + v.Evidence.ID + "/evaluation"
	v.Shows = []showing{{"all", len(v.Lines)}, {"failed", v.Failed}, {"flipped", v.Fixed + v.Broken}, {"passed", v.Whole}}
	if !slices.ContainsFunc(v.Shows, func(x showing) bool { return x.Name == v.Show }) {
		return view{}, fault.New(fault.Invalid, "show=%s is no choice of cases. Choose one on the page.", visible(clip(v.Show, 40)))
	}
	for _, c := range v.Lines {
		if v.Show == "failed" && c.Whole || v.Show == "passed" && !c.Whole || v.Show == "flipped" && c.Flip == nil {
			continue
		}
		if len(v.Cases) == maxCases {
			v.More++
			continue
		}
		v.Cases = append(v.Cases, c)
	}
	v.Stats = evaluationStats(v.View)
	return view{template: "evaluation", title: "Evaluation of " + v.Version.Name, nav: "fleet", body: v}, nil
}

// evaluation finds the evidence and its version, and reads the report.
func (s *server) evaluation(rq *request, v *evaluationView) (r evaluate.Report, err error) {
	ref, id := rq.PathValue("ref"), rq.PathValue("id")
	if v.Version, err = s.control.Version(rq.Context(), rq.who, ref); err != nil {
		return r, err
	}
	all, err := s.control.Evidence(rq.Context(), rq.who, ref)
	if err != nil {
		return r, err
	}
	i := slices.IndexFunc(all, func(e control.VerifiedEvidence) bool { return e.ID == id && e.Kind == resource.EvidenceEvaluation })
	if i < 0 {
		return r, fault.New(fault.NotFound, "There is no evaluation %s of %s. Its evidence page has them all.", id, ref)
	}
	v.Evidence = all[i]
	if err := json.Unmarshal(v.Evidence.Report, &r); err != nil {
		return r, fault.New(fault.Corrupt, "The report of evaluation %s cannot be read.", id)
	}
	return r, nil
}

// evaluationStats are the figures above the cases.
func evaluationStats(v evaluate.View) []stat {
	passK := "–"
	if n := len(v.PassK); n > 0 {
		passK = fmt.Sprintf("%.3f", v.PassK[n-1])
	}
	return []stat{
		{"Cases", count(len(v.Report.Cases)), "", ""},
		{"Pass every repeat", percent(v.PassRate), "share of the cases", ""},
		{fmt.Sprintf("pass^%d", v.Repeats), passK, "all of so many runs of a case pass", ""},
		{"Mean score", fmt.Sprintf("%.3f", v.Score), "of the graders, 0 to 1", ""},
		{"Cost", fmt.Sprintf("$%.4f", v.CostUSD), "of the agent's model", ""},
		{"p95", millis(v.P95Ms), "of the runs", ""},
	}
}

// evaluationFile is the report as a page that needs nothing else.
func (s *server) evaluationFile(rq *request, d *download) error {
	var v evaluationView
	r, err := s.evaluation(rq, &v)
	if err != nil {
		return err
	}
	return r.HTML(d.as(fmt.Sprintf("evaluation-%s.html", fileName(v.Evidence.ID)), "text/html; charset=utf-8"), v.Evidence.ID)
}
