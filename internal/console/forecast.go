package console

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/canary"
	"github.com/aureus-agents/aureus/internal/release"
	"github.com/aureus-agents/aureus/resource"
)

// rolloutView is how a release gets its traffic.
type rolloutView struct {
	BlueGreen bool
	Plan      resource.CanaryPlan // without steps where it has no canary
	Shadow    int                 // runs to compare before; 0 is no shadow
	Soak      blueprint.Duration
	Forecast  *forecastView // while it has no canary yet
}

// rolloutOf reads the stage of a release, less what a hotfix goes without.
func (s *server) rolloutOf(r resource.Release) (*rolloutView, error) {
	st := r.Stage.Stage
	v := &rolloutView{BlueGreen: st.Rollout.Strategy == blueprint.StrategyBlueGreen, Plan: r.Plan}
	if r.Stage.Skips(release.SkipCanary) {
		v.Plan.Steps = nil
	}
	if sh := st.Rollout.Shadow; sh != nil && !r.Stage.Skips(release.SkipShadow) {
		v.Shadow = sh.Runs
	}
	if !r.Stage.Skips(release.SkipSoak) {
		v.Soak = st.Soak
	}
	if v.BlueGreen || r.Canary != nil || r.State.Final() {
		return v, nil
	}
	var err error
	v.Forecast, err = s.forecast.of(v.Plan)
	return v, err
}

// forecastView is what a canary can be expected to do.
type forecastView struct {
	Traffic string
	Rows    []forecastRow
	Healthy string
	Slow    bool // this traffic mostly does not decide by the deadline
}

// forecastRow is the forecast for versions that fail at a rate.
type forecastRow struct {
	Rate, RolledBack, After, Excess, Most, Promoted, Held string
}

// forecasts keeps what was computed: a forecast takes up to a second, and a plan has
// only one. It is made to its end, whoever waits: others will ask for it.
type forecasts struct {
	mu   sync.Mutex
	made map[string]*forecastView
}

// maxForecasts bounds what is kept.
const maxForecasts = 256

// of is the forecast of a plan, nil for one without a canary or without a version
// to compare with.
func (f *forecasts) of(p resource.CanaryPlan) (*forecastView, error) {
	if len(p.Steps) == 0 || p.Traffic == nil {
		return nil, nil
	}
	key, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if v := f.made[string(key)]; v != nil {
		return v, nil
	}
	if f.made == nil || len(f.made) >= maxForecasts {
		f.made = map[string]*forecastView{}
	}
	v := forecastViewOf(canary.Forecast(nil, p))
	f.made[string(key)] = v
	return v, nil
}

func forecastViewOf(f resource.CanaryForecast) *forecastView {
	v := &forecastView{Traffic: fmt.Sprintf("%s, of which %s fail", canary.PerTime(f.Traffic.RunsPerSecond), percent(f.Traffic.FailureRate)), Slow: f.Healthy.Held*2 > f.Healthy.Releases}
	for _, r := range f.Bad {
		v.Rows = append(v.Rows, forecastRow{Rate: percent(r.FailureRate), RolledBack: shareOf(r.RolledBack, r.Releases), After: seconds(r.DelaySeconds),
			Excess: wholeNumber(max(r.ExcessMedian, 0)), Most: wholeNumber(max(r.ExcessP90, 0)), Promoted: shareOf(r.Promoted, r.Releases), Held: shareOf(r.Held, r.Releases)})
	}
	v.Healthy = fmt.Sprintf("A version that is no worse is promoted in %s of the releases, half of them within %s; %s are held for a person and %d of %d rolled back.",
		shareOf(f.Healthy.Promoted, f.Healthy.Releases), seconds(f.Healthy.PromoteSeconds), shareOf(f.Healthy.Held, f.Healthy.Releases), f.Healthy.RolledBack, f.Healthy.Releases)
	return v
}

func shareOf(n, of int) string {
	if of == 0 {
		return none
	}
	return percent(float64(n) / float64(of))
}

func seconds(s float64) string {
	if s <= 0 {
		return none
	}
	return millis(s * 1000)
}
