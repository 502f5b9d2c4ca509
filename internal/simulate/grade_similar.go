package simulate

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/aureus-agents/aureus/blueprint"
)

// maxCompared bounds the letters, or words, of each text of a similarity: the
// measures take the product of both.
const maxCompared = 5000

// measures of similarity, each from 0 to 1.
var measures = map[string]func(got, want string) float64{
	"":            levenshtein,
	"levenshtein": levenshtein,
	"f1":          func(got, want string) float64 { p, r := overlap(words(got), words(want)); return harmonic(p, r) },
	"recall":      func(got, want string) float64 { _, r := overlap(words(got), words(want)); return r },
	"rougeL":      rougeL,
}

// compileSimilarity judges how alike a text and the expected one are:
// levenshtein is 1 less the share of letters to change, f1 and recall compare
// the words whatever their order, rougeL the longest common subsequence of words
// (Lin, "ROUGE", 2004). Words are in small letters and without punctuation.
func compileSimilarity(g blueprint.Grader) (check, error) {
	if g.Text == "" {
		return nil, errors.New("a similarity grader needs text, or what the scenario expects")
	}
	measure, ok := measures[g.Measure]
	if !ok {
		return nil, fmt.Errorf("%q is no measure of similarity; use levenshtein, f1, recall or rougeL", g.Measure)
	}
	least := minOf(g, 0.8)
	return onText(g.Field, func(text string) verdict {
		score := measure(folded(text, g.IgnoreCase), folded(g.Text, g.IgnoreCase))
		return scored(score, least, "%s is like %s to %.2f, %.2f is asked for", clip(text), clip(g.Text), score, least)
	}), nil
}

// words are the words of a text, in small letters.
func words(s string) []string {
	w := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return w[:min(len(w), maxCompared)]
}

// overlap is the share of the words of got that are in want, and the other way.
func overlap(got, want []string) (precision, recall float64) {
	left := map[string]int{}
	for _, w := range want {
		left[w]++
	}
	both := 0
	for _, w := range got {
		if left[w] > 0 {
			left[w]--
			both++
		}
	}
	return ratio(both, len(got)), ratio(both, len(want))
}

// ratio of nothing is 0: an empty text is like no text.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func harmonic(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

func rougeL(got, want string) float64 {
	g, w := words(got), words(want)
	row := make([]int, len(w)+1)
	for _, a := range g {
		diagonal := 0
		for j, b := range w {
			up := row[j+1]
			if a == b {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j], up)
			}
			diagonal = up
		}
	}
	return harmonic(ratio(row[len(w)], len(g)), ratio(row[len(w)], len(w)))
}

func levenshtein(got, want string) float64 {
	if got == want {
		return 1
	}
	a, b := []rune(got), []rune(want)
	a, b = a[:min(len(a), maxCompared)], b[:min(len(b), maxCompared)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := 1
			if x == y {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return 1 - ratio(row[len(b)], max(len(a), len(b)))
}
