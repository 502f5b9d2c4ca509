package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxReason bounds the bytes of a reason that is kept.
const maxReason = 2000

// maxAnswer bounds the bytes of an answer that is read.
const maxAnswer = 200_000

// answer is what the model is asked for. Exactly one of the three verdicts is set.
type answer struct {
	ID      string   `json:"id"`
	Reason  string   `json:"reason"`
	Verdict *string  `json:"verdict"`
	Mark    *float64 `json:"mark"`
	Better  *string  `json:"better"`
}

// read takes the model's answer apart. Only an object with the id of this
// question counts, and there must be one such verdict: an object that the model
// copied out of the data has not the id, and two that differ are no verdict.
func (a *asked) read(content string) Opinion {
	if len(content) > maxAnswer {
		return Opinion{Problem: "the answer is too long"}
	}
	var found *Opinion
	for _, raw := range objects(content) {
		var got answer
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if d.Decode(&got) != nil || got.ID != a.id {
			continue
		}
		o := a.opinion(got)
		switch {
		case o.Score == nil:
			return o
		case found != nil && found.Verdict != o.Verdict:
			return Opinion{Problem: "the answer holds two verdicts that differ"}
		}
		found = &o
	}
	if found == nil {
		return Opinion{Problem: "the answer holds no verdict in the asked form"}
	}
	return *found
}

// opinion checks one answer against what was asked.
func (a *asked) opinion(got answer) Opinion {
	o := Opinion{Reason: cut(strings.TrimSpace(got.Reason))}
	bad := func(format string, args ...any) Opinion { return Opinion{Problem: fmt.Sprintf(format, args...)} }
	given := 0
	for _, set := range []bool{got.Verdict != nil, got.Mark != nil, got.Better != nil} {
		if set {
			given++
		}
	}
	if given != 1 {
		return bad("the answer holds %d verdicts", given)
	}
	var score float64
	switch {
	case a.mode() == ModePairwise:
		if got.Better == nil {
			return bad("the answer does not say which is better")
		}
		switch *got.Better {
		case Tie:
			o.Verdict, score = Tie, 0.5
		case "A", "B":
			o.Verdict = Reference
			if (*got.Better == "A") != a.swapped {
				o.Verdict, score = Output, 1
			}
		default:
			return bad("%q is not A, B or tie", cut(*got.Better))
		}
	case a.Scale > 0:
		if got.Mark == nil || *got.Mark != math.Trunc(*got.Mark) || *got.Mark < 1 || *got.Mark > float64(a.Scale) {
			return bad("the answer holds no mark from 1 to %d", a.Scale)
		}
		o.Verdict = strconv.Itoa(int(*got.Mark))
		score = (*got.Mark - 1) / float64(a.Scale-1)
	default:
		if got.Verdict == nil || (*got.Verdict != Pass && *got.Verdict != Fail) {
			return bad("the verdict is neither pass nor fail")
		}
		o.Verdict = *got.Verdict
		if o.Verdict == Pass {
			score = 1
		}
	}
	o.Score = &score
	return o
}

// objects are the JSON objects in a text, outermost ones, in their order.
func objects(s string) []json.RawMessage {
	var out []json.RawMessage
	for len(s) > 0 && len(out) < 100 {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			break
		}
		s = s[i:]
		d := json.NewDecoder(strings.NewReader(s))
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			if err == io.ErrUnexpectedEOF && strings.IndexByte(s[1:], '{') < 0 {
				break
			}
			s = s[1:]
			continue
		}
		out = append(out, raw)
		s = s[d.InputOffset():]
	}
	return out
}

func cut(s string) string {
	if len(s) > maxReason {
		return strings.ToValidUTF8(s[:maxReason], "") + "..."
	}
	return s
}
