package blueprint_test

import (
	"testing"
	"time"

	"github.com/aureus-agents/aureus/blueprint"
)

func TestDurationBrief(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"}, {30 * time.Second, "30s"}, {time.Minute, "1m"}, {90 * time.Second, "1m30s"},
		{10 * time.Minute, "10m"}, {time.Hour, "1h"}, {90 * time.Minute, "1h30m"}, {time.Hour + time.Second, "1h0m1s"}, {720 * time.Hour, "720h"},
	} {
		if got := blueprint.Duration(tt.d).Brief(); got != tt.want {
			t.Errorf("Duration(%s).Brief() = %s, want %s", tt.d, got, tt.want)
		}
	}
}
