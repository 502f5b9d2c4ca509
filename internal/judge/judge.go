// Package judge lets a model grade what an agent did, by a rubric. What is graded
// is data: it stands between marks that it cannot guess, and an answer that is
// not in the asked form, or does not carry the mark, is no verdict, and no
// verdict is never a pass. A judge has a digest of its own, is asked several
// times when its setting says so, and shows how far its answers agree among
// themselves and with people.
//
// Start from [Judge.Ask]. [Agree] and [Calibrate] measure judges.
package judge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/aureus-agents/aureus/blueprint"
	"github.com/aureus-agents/aureus/internal/agentrun"
	"github.com/aureus-agents/aureus/resource"
)

// The modes of a judge.
const (
	ModeRate     = "rate"     // the answer by itself
	ModePairwise = "pairwise" // beside a reference, in both orders
)

// The defaults and bounds of a judge.
const (
	DefaultMin = 0.5
	MaxRepeats = 25
)

// Judge is a rubric and how it is applied.
type Judge struct {
	Rubric    string
	Reference any // nil is none; a pairwise judge needs one
	Mode      string
	// Scale is 0 for pass or fail, n for a mark from 1 to n.
	Scale   int
	Repeats int     // 0 is 1
	Min     float64 // score from which it passes
	Model   blueprint.Model
}

// Work is what is judged.
type Work struct {
	Input  any
	Output any
	// Steps are the tool calls and earlier turns, one a line; "" is none.
	Steps string
}

// The verdicts of one opinion. A mark is written as a number.
const (
	Pass      = "pass"
	Fail      = "fail"
	Output    = "output"    // pairwise: the answer is better
	Reference = "reference" // pairwise: the reference is better
	Tie       = "tie"
	None      = "" // no verdict
)

// Opinion is one answer of the model.
type Opinion struct {
	Verdict string   `json:"verdict"`         // "" is no verdict
	Score   *float64 `json:"score,omitempty"` // 0 to 1; none without a verdict
	Reason  string   `json:"reason,omitempty"`
	Swapped bool     `json:"swapped,omitempty"` // pairwise: the reference was shown first
	Problem string   `json:"problem,omitempty"` // why there is no verdict
}

// Judgement is what the opinions come to.
type Judgement struct {
	Digest string `json:"digest"` // of prompt, rubric, settings and model
	Model  string `json:"model"`  // as its endpoint reported it
	Passed bool   `json:"passed"`
	// Score is the mean over opinions with a verdict; none when there is no verdict.
	Score    *float64  `json:"score,omitempty"`
	Message  string    `json:"message"` // a sentence: the reason, or why there is no verdict
	Opinions []Opinion `json:"opinions"`
	// Agreement is the share of opinions that say what most of them say, no verdict
	// counting as a word of its own; 1 for a single one.
	Agreement float64           `json:"agreement"`
	Cost      resource.MicroUSD `json:"costMicroUSD"`
	Tokens    int64             `json:"tokens"`
	// Outage is why the model did not answer, nil when it did.
	Outage error `json:"-"`
}

// Digest names what decides how j judges: two judges with the same digest judge
// the same way, up to the model's chance. What it compares with is the case's, and
// no part of it.
func (j Judge) Digest() string {
	m := j.Model.Resolved()
	sum := sha256.New()
	for _, part := range []any{promptDigest(), j.Rubric, j.mode(), j.Scale, j.repeats(), j.Min, m.Name, m.Provider, m.MaxTokens, number(m.Temperature), number(m.Seed)} {
		text := fmt.Sprint(part)
		fmt.Fprintf(sum, "%d:%s,", len(text), text)
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// number is what p points at, "" for nil.
func number[T any](p *T) any {
	if p == nil {
		return ""
	}
	return *p
}

func (j Judge) mode() string {
	if j.Mode == "" {
		return ModeRate
	}
	return j.Mode
}

func (j Judge) repeats() int { return min(max(j.Repeats, 1), MaxRepeats) }

// Ask judges w. It never fails: a model that does not answer gives no verdict.
func (j Judge) Ask(ctx context.Context, model agentrun.Model, seed int64, w Work) Judgement {
	out := Judgement{Digest: j.Digest(), Model: j.Model.Name}
	for i := range j.repeats() {
		orders := []bool{false}
		if j.mode() == ModePairwise {
			orders = []bool{false, true}
		}
		for _, swapped := range orders {
			out.Opinions = append(out.Opinions, j.once(ctx, model, seed+int64(i), w, swapped, &out))
		}
	}
	j.conclude(&out)
	return out
}

// once asks the model once.
func (j Judge) once(ctx context.Context, model agentrun.Model, seed int64, w Work, swapped bool, out *Judgement) Opinion {
	a := asked{Judge: j, work: w, swapped: swapped, seed: seed}
	a.mark()
	spec := j.Model
	spec.Seed = &seed
	res, err := model.Complete(ctx, agentrun.ModelRequest{Model: spec, Messages: a.messages(), Schema: a.schema(), SchemaName: "verdict"})
	out.Cost += res.Cost
	out.Tokens += res.PromptTokens + res.CompletionTokens
	if err != nil {
		out.Outage = err
		return Opinion{Swapped: swapped, Problem: "the judge's model did not answer"}
	}
	if res.Model != "" {
		out.Model = res.Model
	}
	o := a.read(res.Message.Content)
	o.Swapped = swapped
	return o
}

// conclude fills what follows from the opinions. A verdict needs more than half
// of the opinions to be in form.
func (j Judge) conclude(out *Judgement) {
	var sum float64
	var words []string
	valid, reason, problem := 0, "", ""
	for _, o := range out.Opinions {
		words = append(words, o.Verdict)
		if o.Score == nil {
			problem = o.Problem
			continue
		}
		valid++
		sum += *o.Score
	}
	out.Agreement = share(words)
	if 2*valid <= len(out.Opinions) {
		out.Message = "no verdict: " + problem
		if n := len(out.Opinions); n > 1 {
			out.Message = fmt.Sprintf("no verdict: %d of %d answers of the judge are not in the asked form (%s)", n-valid, n, problem)
		}
		return
	}
	score := sum / float64(valid)
	out.Score, out.Passed = &score, score >= j.Min
	for _, o := range out.Opinions { // the reason of an opinion on the side of the verdict
		if o.Score != nil && (*o.Score >= j.Min) == out.Passed {
			reason = o.Reason
			break
		}
	}
	out.Message = fmt.Sprintf("score %.2f, %.2f is asked for: %s", score, j.Min, reason)
}

// share is the share of words that are the most frequent one.
func share(words []string) float64 {
	if len(words) == 0 {
		return 0
	}
	count := map[string]int{}
	most := 0
	for _, w := range words {
		count[w]++
		most = max(most, count[w])
	}
	return float64(most) / float64(len(words))
}

// Words are the verdicts of the opinions, sorted; "" for none.
func (g Judgement) Words() []string {
	var out []string
	for _, o := range g.Opinions {
		out = append(out, o.Verdict)
	}
	slices.Sort(out)
	return out
}
