package canary

// What a forecast may cost, and the search for steps that keep a harm budget; each
// is about a second on one core. A run costs one, or lateCost where its outcome has
// to wait or its session to be remembered, and its outcome another; while draws are
// not settled they are kept, copied and looked through, which costs openCost, and
// another one for each openDraws of them.
const (
	maxForecastWork = 8_000_000
	maxFitWork      = 8_000_000
	lateCost        = 5
	openCost        = 12
	openDraws       = 150
)

// meter is what is left of the work that a simulation may cost. It counts work
// rather than time, so that a plan has one forecast everywhere.
type meter struct {
	left int64
	late bool // runs cost lateCost
}

// run pays for a run that begins.
func (m *meter) run() {
	switch {
	case m == nil:
	case m.late:
		m.left -= lateCost
	default:
		m.left--
	}
}

// outcome pays for an outcome that leaves so many draws open.
func (m *meter) outcome(open int64) {
	switch {
	case m == nil:
	case open > 0:
		m.left -= 1 + openCost + open/openDraws
	default:
		m.left--
	}
}

// usedUp reports whether nothing is left. Without a meter there is always more.
func (m *meter) usedUp() bool { return m != nil && m.left <= 0 }

// spend gives a part of what is left to f, and takes what f used of it.
func (m *meter) spend(part int64, f func(*meter)) {
	own := &meter{left: m.left / part}
	m.left -= own.left
	f(own)
	m.left += max(own.left, 0)
}
