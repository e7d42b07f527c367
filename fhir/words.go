package fhir

import (
	"strconv"
	"strings"
)

// maxWord is the longest word that is compared with known ones.
const maxWord = 64

// useNearest advises the known word closest to s, or else gives fallback.
func useNearest(s string, known []string, fallback string) string {
	if near := nearest(s, known); near != "" {
		return "use " + strconv.Quote(near)
	}
	return fallback
}

// nearest finds the known word a person most likely meant: the same in other
// letters, the end of it (integer for valueInteger), or one with few letters
// different; "" when none is close.
func nearest(s string, known []string) string {
	if s == "" || len(s) > maxWord {
		return ""
	}
	best, least := "", len(s)/3+2
	lower := strings.ToLower(s)
	for _, k := range known {
		if strings.EqualFold(k, s) || len(s) > 3 && strings.HasSuffix(k, upperFirst(s)) {
			return k
		}
		if d := distance(lower, strings.ToLower(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the Levenshtein distance of a and b, or limit when it is not less.
func distance(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}

func abs(n int) int { return max(n, -n) }
