package control

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aureus-agents/aureus/internal/fault"
	"github.com/aureus-agents/aureus/resource"
)

func TestRoute(t *testing.T) {
	const now = 1_000_000_000
	alone := resource.Deployment{Stable: "old"}
	canary := resource.Deployment{Stable: "old", Candidate: "new", Weight: 100, Release: "r2"}
	tests := []struct {
		name    string
		d       resource.Deployment
		pin     *SessionPin
		mayStay bool
		want    SessionPin
		code    fault.Code
	}{
		{name: "nothing serves", code: fault.NotFound},
		{name: "stopped", d: resource.Deployment{Stable: "old", Stopped: true}, code: fault.Unavailable},
		{name: "new", d: alone, want: SessionPin{Digest: "old", At: now}},
		{name: "nothing but a preview", d: resource.Deployment{Candidate: "new", Release: "r2"}, code: fault.NotFound},
		{name: "beside a preview", d: resource.Deployment{Stable: "old", Candidate: "new", Release: "r2"}, want: SessionPin{Digest: "old", At: now}},
		{name: "new, candidate", d: canary, want: SessionPin{Digest: "new", Release: "r2", Canary: true, Weight: 100, Draw: unnumbered, At: now}},
		{name: "new, weight 0", d: resource.Deployment{Stable: "old", Candidate: "new", Release: "r2"}, want: SessionPin{Digest: "old", At: now}},
		{name: "on what serves", d: canary, pin: &SessionPin{Digest: "old", At: now - 5}, want: SessionPin{Digest: "old", At: now}},
		{name: "on the candidate", d: canary, pin: &SessionPin{Digest: "new", Release: "r2", Canary: true, Weight: 10, At: 5},
			want: SessionPin{Digest: "new", Release: "r2", Canary: true, Weight: 100, Draw: unnumbered, At: now}},
		{name: "on the candidate, recently", d: canary, pin: &SessionPin{Digest: "new", Release: "r2", Canary: true, Weight: 10, At: now - 5},
			want: SessionPin{Digest: "new", Release: "r2", Canary: true, Weight: 10, At: now}},
		{name: "on the same candidate in an earlier release", d: canary, pin: &SessionPin{Digest: "new", Release: "r1", Canary: true, Weight: 10, At: now - 5},
			want: SessionPin{Digest: "new", Release: "r2", Canary: true, Weight: 100, Draw: unnumbered, At: now}},
		{name: "on a candidate that was promoted", d: resource.Deployment{Stable: "new"}, pin: &SessionPin{Digest: "new", Release: "r2", Canary: true, At: now - 5},
			want: SessionPin{Digest: "new", Release: "r2", Canary: true, At: now}},
		{name: "on what served before", d: resource.Deployment{Stable: "new"}, pin: &SessionPin{Digest: "old", At: now - 5}, mayStay: true, want: SessionPin{Digest: "old", At: now}},
		{name: "on what may not serve", d: resource.Deployment{Stable: "new"}, pin: &SessionPin{Digest: "old", At: now - 5}, want: SessionPin{Digest: "new", At: now}},
		{name: "forgotten after a day", d: resource.Deployment{Stable: "new"}, pin: &SessionPin{Digest: "old", At: now - sessionMillis}, mayStay: true,
			want: SessionPin{Digest: "new", At: now}},
	}
	for _, tt := range tests {
		got, err := route(tt.d, "s", tt.pin, tt.mayStay, now)
		if tt.code != "" {
			if !fault.Is(err, tt.code) {
				t.Errorf("%s: route() = %v, want %s", tt.name, err, tt.code)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: route() = %v, differs (-want +got):\n%s", tt.name, err, diff)
		}
	}
}

// TestRouteWeights: of 2,000 sessions a weight gets its share, within five
// standard deviations, and a higher weight takes no session away.
func TestRouteWeights(t *testing.T) {
	const sessions = 2000
	for _, release := range []string{"r1", "r2"} {
		before := map[int]bool{}
		for _, weight := range []int{1, 10, 50, 90, 99} {
			n := 0
			for s := range sessions {
				d := resource.Deployment{Stable: "old", Candidate: "new", Weight: weight, Release: release}
				p, err := route(d, fmt.Sprintf("session-%d", s), nil, false, 0)
				if err != nil {
					t.Fatal(err)
				}
				if before[s] && !p.Canary {
					t.Fatalf("session %d loses the candidate at weight %d", s, weight)
				}
				if before[s] = p.Canary; p.Canary {
					n++
				}
			}
			w := float64(weight) / 100
			if got, want, five := float64(n), sessions*w, 5*math.Sqrt(sessions*w*(1-w)); math.Abs(got-want) > five {
				t.Errorf("%s: %d of %d sessions at weight %d, want %.0f ± %.0f", release, n, sessions, weight, want, five)
			}
		}
	}
	same := 0
	for s := range sessions {
		if name := fmt.Sprintf("session-%d", s); (bucket("r1", name) < 10) == (bucket("r2", name) < 10) {
			same++
		}
	}
	if same > sessions*90/100 {
		t.Errorf("%d of %d sessions are drawn alike in two releases, want fresh draws", same, sessions)
	}
}
