package console

import (
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/internal/control"
	"github.com/aureus-agents/aureus/resource"
)

// runsView is the body of the list of runs.
type runsView struct {
	Filter  listFilter
	Mode    string
	Modes   []string
	Release string
	Digest  string
	Runs    []resource.Run
	Older   string
}

var (
	runModes    = []string{"live", "smoke", "simulation", "evaluation", "recorded"}
	runOutcomes = []string{"success", "failure", "blocked", "denied", "escalated", "error", "waiting", "running"}
)

// runsPage lists runs.
func (s *server) runsPage(rq *request) (view, error) {
	f, err := s.listFilter(rq, append([]string{"failed"}, runOutcomes...))
	if err != nil {
		return view{}, err
	}
	get := rq.URL.Query().Get
	v := runsView{Filter: f, Modes: runModes, Release: get("release"), Digest: get("digest")}
	if slices.Contains(runModes, get("mode")) {
		v.Mode = get("mode")
	}
	q := control.RunFilter{Agent: f.Agent, Environment: f.Environment, Release: v.Release, Digest: v.Digest, Mode: resource.RunMode(v.Mode)}
	switch f.State {
	case "":
	case "failed":
		q.FailedOnly = true
	default:
		q.Outcomes = []resource.Outcome{resource.Outcome(f.State)}
	}
	if v.Runs, err = s.control.Runs(rq.Context(), rq.who, q, after(rq)); err != nil {
		return view{}, err
	}
	if len(v.Runs) == pageSize {
		v.Older = older(rq, v.Runs[len(v.Runs)-1].ID)
	}
	return view{template: "runs", title: "Runs", nav: "runs", body: v}, nil
}

// runView is the body of a run's page.
type runView struct {
	resource.Run
	Chart    gantt
	Steps    []runStep
	Stats    []stat
	Payloads bool // the principal may see payloads
	Map      guardMap
}

// runStep is a step beside its bar.
type runStep struct {
	resource.Step
	Bar     bar
	Title   string
	Verdict string // decision or verdict, "" for a model call
	Problem bool
}

// runPage is one run.
func (s *server) runPage(rq *request) (view, error) {
	r, err := s.control.Run(rq.Context(), rq.who, rq.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	v := runView{Run: r, Chart: ganttOf(r), Stats: runStats(r)}
	if v.Map, err = s.runMap(rq, r); err != nil {
		return view{}, err
	}
	v.Payloads = rq.has(resource.RoleDeveloper) || rq.has(resource.RoleOperator) || rq.has(resource.RoleApprover)
	for i, st := range r.Steps {
		v.Steps = append(v.Steps, runStepOf(st, v.Chart.Bars[i]))
	}
	return view{template: "run", title: "Run " + r.ID, nav: "runs", body: v}, nil
}

func runStepOf(st resource.Step, b bar) runStep {
	x := runStep{Step: st, Bar: b, Title: st.Kind}
	switch {
	case st.Tool != nil:
		x.Title, x.Verdict = st.Tool.Tool, string(st.Tool.Decision.State)
		x.Problem = st.Tool.IsError || st.Tool.Decision.State == resource.DecisionRejected
	case st.Model != nil:
		x.Title, x.Problem = st.Model.Model, st.Model.Error != ""
	case st.CRV != nil:
		x.Title, x.Verdict = st.CRV.Gate, string(st.CRV.Verdict)
		x.Problem = st.CRV.Verdict == resource.Block
	}
	return x
}

func runStats(r resource.Run) []stat {
	n := r.Stats
	return []stat{
		{"Latency", millis(float64(r.LatencyMs)), "from start to end", ""},
		{"Model calls", count(n.ModelCalls), "", ""},
		{"Tool calls", count(n.ToolCalls), "", ""},
		{"Retries", count(n.Retries), "", worse(int64(n.Retries), false)},
		{"Tokens", fmt.Sprintf("%s + %s", count(n.PromptTokens), count(n.CompletionTokens)), "prompt + completion", ""},
		{"Cost", money(n.Cost), "of the model calls", ""},
		{"CRV failures", count(n.CRVFailures), "", worse(int64(n.CRVFailures), true)},
		{"Denials", count(n.Denials), "tool calls refused by the guard", worse(int64(n.Denials), true)},
		{"Escalations", count(n.Escalations), "", worse(int64(n.Escalations), false)},
	}
}

// runScenario is the regression scenario made from a run, as a file.
func (s *server) runScenario(rq *request, d *download) error {
	id := rq.PathValue("id")
	sc, err := s.control.ScenarioFromRun(rq.Context(), rq.who, id)
	if err != nil {
		return err
	}
	return d.json("scenario-"+fileName(id)+".json", []any{sc})
}

// fileName keeps of an id what is safe in a file's name.
func fileName(id string) string {
	safe := make([]rune, 0, len(id))
	for _, r := range id {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			safe = append(safe, r)
		}
	}
	if len(safe) == 0 || len(safe) > 100 {
		return "run"
	}
	return string(safe)
}
