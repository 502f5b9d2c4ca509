package canary

// Peers are other controllers with the settings of their documentation's example,
// as [Controller]s. Both ask a metrics server for the success rate of the
// candidate's requests in a window; here the answer is exact and at once, and
// requests are runs.

// window counts the candidate's runs since it was last read.
type window struct{ runs, failed int }

func (w *window) tell(o Told) {
	if o.Canary {
		w.runs++
		if o.Failed {
			w.failed++
		}
	}
}

// Drawn implements [Controller].
func (*window) Drawn(bool, int) {}

// successRate is that since the last call, false without runs.
func (w *window) successRate() (float64, bool) {
	defer func() { *w = window{} }()
	if w.runs == 0 {
		return 0, false
	}
	return 1 - float64(w.failed)/float64(w.runs), true
}

// Argo is Argo Rollouts with the example of "Background Analysis" in its
// documentation (argoproj/argo-rollouts, docs/features/analysis.md): setWeight 20,
// 40, 60, 80 with a pause of 10 minutes after each, and a success rate measured
// every 5 minutes that fails the analysis when three measurements are below 95 %.
// The example delays the analysis until the second weight; here it runs from the
// start, which is to its advantage.
type Argo struct {
	window
	measured int // measurements so far
	low      int // of them, below 95 %
	verdict  string
}

const (
	argoPause    = 600.0 // seconds
	argoInterval = 300.0
	argoSuccess  = 0.95
	argoLimit    = 3
)

var argoWeights = []int{20, 40, 60, 80}

// Weight implements [Controller].
func (a *Argo) Weight(at float64) int { return argoWeights[min(int(at/argoPause), len(argoWeights)-1)] }

// Tell implements [Controller].
func (a *Argo) Tell(o Told) {
	a.measure(o.At)
	a.tell(o)
}

// Verdict implements [Controller].
func (a *Argo) Verdict(at float64) string {
	a.measure(at)
	switch {
	case a.verdict != "":
		return a.verdict
	case at >= argoPause*float64(len(argoWeights)):
		return Promote
	}
	return Continue
}

func (a *Argo) measure(at float64) {
	for a.verdict == "" && at >= float64(a.measured+1)*argoInterval {
		a.measured++
		if rate, ok := a.successRate(); ok && rate < argoSuccess {
			a.low++
		}
		if a.low >= argoLimit {
			a.verdict = Rollback
		}
	}
}

// Flagger is Flagger with the example of "How it works" in its documentation
// (fluxcd/flagger, docs/gitbook/usage/how-it-works.md): interval 1m, threshold 10,
// maxWeight 50, stepWeight 5, request-success-rate at least 99 in 1m. A check that
// fails does not raise the weight; ten roll back. A metric without values fails its
// check ("Halt advancement no values found").
type Flagger struct {
	window
	checks  int
	weight  int
	failed  int
	verdict string
}

const (
	flaggerInterval  = 60.0 // seconds
	flaggerThreshold = 10
	flaggerStep      = 5
	flaggerMax       = 50
	flaggerSuccess   = 0.99
)

// Weight implements [Controller].
func (f *Flagger) Weight(float64) int { return max(f.weight, flaggerStep) }

// Tell implements [Controller].
func (f *Flagger) Tell(o Told) {
	f.check(o.At)
	f.tell(o)
}

// Verdict implements [Controller].
func (f *Flagger) Verdict(at float64) string {
	f.check(at)
	if f.verdict == "" {
		return Continue
	}
	return f.verdict
}

func (f *Flagger) check(at float64) {
	for f.verdict == "" && at >= float64(f.checks+1)*flaggerInterval {
		f.checks++
		f.weight = max(f.weight, flaggerStep)
		rate, ok := f.successRate()
		switch {
		case !ok || rate < flaggerSuccess:
			if f.failed++; f.failed >= flaggerThreshold {
				f.verdict = Rollback
			}
		case f.weight >= flaggerMax:
			f.verdict = Promote
		default:
			f.weight += flaggerStep
		}
	}
}
