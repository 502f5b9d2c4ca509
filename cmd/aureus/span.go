package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/internal/fault"
)

// spanValue is a flag that holds a span of time, which may be in days: 90m, 24h,
// 7d.
type spanValue time.Duration

// String implements pflag.Value.
func (v *spanValue) String() string {
	d := time.Duration(*v)
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return ""
	case d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
}

// Set implements pflag.Value.
func (v *spanValue) Set(s string) error {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n > 0 && n < 36500 {
			*v = spanValue(n * float64(24*time.Hour))
			return nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return fault.New(fault.Invalid, "%q is no span of time; write 90m, 24h or 7d", s)
	}
	*v = spanValue(d)
	return nil
}

// Type implements pflag.Value.
func (v *spanValue) Type() string { return "span" }
