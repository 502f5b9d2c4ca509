package canary

import "testing"

func TestPerTime(t *testing.T) {
	for _, tt := range []struct {
		rate float64
		want string
	}{{0, "0 runs a day"}, {0.0001, "8.64 runs a day"}, {0.001, "3.6 runs an hour"}, {0.5, "30 runs a minute"}, {1, "1 runs a second"}, {2.345, "2.35 runs a second"}} {
		if got := PerTime(tt.rate); got != tt.want {
			t.Errorf("PerTime(%g) = %q, want %q", tt.rate, got, tt.want)
		}
	}
}
