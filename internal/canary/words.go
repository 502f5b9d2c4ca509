package canary

import "fmt"

// PerTime is a rate of runs in the unit in which it is easiest to imagine.
func PerTime(perSecond float64) string {
	for _, u := range []struct {
		name    string
		seconds float64
	}{{"a second", 1}, {"a minute", 60}, {"an hour", 3600}} {
		if n := perSecond * u.seconds; n >= 1 {
			return fmt.Sprintf("%.3g runs %s", n, u.name)
		}
	}
	return fmt.Sprintf("%.3g runs a day", perSecond*86400)
}
