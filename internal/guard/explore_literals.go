package guard

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// literals are the constants that policies compare with.
type literals struct {
	texts    []string
	longs    []int64
	decimals []float64
}

func literalsOf(ps policyList) literals {
	var l literals
	for _, p := range ps {
		if strings.HasPrefix(p.id, builtInPrefix) {
			continue
		}
		b, err := p.cedar.MarshalJSON()
		var v any
		if err != nil || json.Unmarshal(b, &v) != nil {
			continue
		}
		l.walk(v)
	}
	slices.Sort(l.texts)
	slices.Sort(l.longs)
	slices.Sort(l.decimals)
	l.texts, l.longs, l.decimals = slices.Compact(l.texts), slices.Compact(l.longs), slices.Compact(l.decimals)
	return l
}

func (l *literals) walk(v any) {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			l.walk(e)
		}
	case map[string]any:
		switch n := x["Value"].(type) {
		case string:
			l.texts = append(l.texts, n)
			if f, err := strconv.ParseFloat(n, 64); err == nil {
				l.decimals = append(l.decimals, f)
			}
		case float64:
			l.longs = append(l.longs, int64(n))
		}
		for _, e := range x {
			l.walk(e)
		}
	}
}
