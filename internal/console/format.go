package console

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aureus-agents/aureus/resource"
)

// none is shown where there is no figure.
const none = "–"

// shortDigest is the first 12 hex digits of a digest; anything else is as it is.
func shortDigest(d string) string {
	hex, ok := strings.CutPrefix(d, "sha256:")
	if !ok || len(hex) < 12 {
		return d
	}
	return hex[:12]
}

// money shows small amounts with enough digits to tell them apart.
func money(m resource.MicroUSD) string {
	usd := float64(m) / 1e6
	sign := ""
	if usd < 0 {
		sign, usd = "-", -usd
	}
	switch {
	case usd == 0:
		return "$0"
	case usd < 0.1:
		return fmt.Sprintf("%s$%.4f", sign, usd)
	case usd < 1000:
		return fmt.Sprintf("%s$%.2f", sign, usd)
	}
	return sign + "$" + count(int64(math.Round(usd)))
}

// percent shows a share of 1; 100% only when nothing is missing from it.
func percent(f float64) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return none
	case f == 0 || f == 1:
		return fmt.Sprintf("%.0f%%", f*100)
	case f > 0.9995 && f < 1:
		return ">99.9%"
	case f > 0 && f < 0.0005:
		return "<0.1%"
	}
	return fmt.Sprintf("%.1f%%", f*100)
}

// millis shows a duration given in milliseconds.
func millis(ms float64) string {
	switch {
	case math.IsNaN(ms) || math.IsInf(ms, 0) || ms < 0:
		return none
	case ms == 0:
		return "0 ms"
	case ms < 0.1:
		return "<0.1 ms"
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 10_000:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms < 60_000:
		return fmt.Sprintf("%.1f s", ms/1000)
	}
	return coarse(time.Duration(ms) * time.Millisecond)
}

// coarse shows the two largest units of a duration of a minute or more.
func coarse(d time.Duration) string {
	switch {
	case d < time.Hour:
		return units(int(d/time.Minute), "m", int(d%time.Minute/time.Second), "s")
	case d < 24*time.Hour:
		return units(int(d/time.Hour), "h", int(d%time.Hour/time.Minute), "m")
	}
	return units(int(d/(24*time.Hour)), "d", int(d%(24*time.Hour)/time.Hour), "h")
}

func units(a int, au string, b int, bu string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, au)
	}
	return fmt.Sprintf("%d %s %02d %s", a, au, b, bu)
}

// count groups thousands.
func count[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	digits := strings.TrimPrefix(s, "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n < 0 {
		return "-" + digits
	}
	return digits
}

// evalue shows an e-value: plain near 1, scientific far from it.
func evalue(e float64) string {
	switch {
	case math.IsNaN(e):
		return none
	case math.IsInf(e, 1):
		return "∞"
	case e == 0:
		return "0"
	case e >= 0.01 && e < 100:
		return strconv.FormatFloat(e, 'f', 2, 64)
	case e >= 100 && e < 100_000:
		return count(int64(math.Round(e)))
	}
	return strings.Replace(strconv.FormatFloat(e, 'e', 1, 64), "e", " e", 1)
}

// ago says how far at is from now in one unit.
func ago(now time.Time, at resource.Millis) string {
	d := now.Sub(time.UnixMilli(int64(at)))
	form := "%s ago"
	if d < 0 {
		d, form = -d, "in %s"
	}
	switch {
	case d < 5*time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf(form, fmt.Sprintf("%d s", int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf(form, fmt.Sprintf("%d min", int(d.Minutes())))
	case d < 48*time.Hour:
		return fmt.Sprintf(form, fmt.Sprintf("%d h", int(d.Hours())))
	}
	return fmt.Sprintf(form, fmt.Sprintf("%d days", int(d.Hours()/24)))
}

const (
	stampLayout = "2006-01-02 15:04:05 UTC"
	clockLayout = "2 Jan 15:04:05"
)

// timeTag is a <time> element that shows text and says the exact time on hover.
// Its parts are digits and our own words, so nothing needs escaping.
func timeTag(at resource.Millis, text string) template.HTML {
	if at == 0 {
		return none
	}
	t := time.UnixMilli(int64(at)).UTC()
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `" title="` + t.Format(stampLayout) + `">` + text + `</time>`)
}

// clock is an absolute time for timelines and ledgers.
func clock(at resource.Millis) template.HTML {
	return timeTag(at, time.UnixMilli(int64(at)).UTC().Format(clockLayout))
}
