package blueprint

import "strings"

// nearest returns the known word that got was most likely meant to be, "" when
// none is near.
func nearest(got string, known []string) string {
	best, limit := "", 1+len(got)/3
	for _, k := range known {
		if d := distance(strings.ToLower(got), strings.ToLower(k)); d < limit || (d == limit && best == "" && d <= 2 && len(got) > 2) {
			best, limit = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two short words, cut off at 64 bytes.
func distance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := prev
			if a[i-1] != b[j-1] {
				cost++
			}
			prev = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
