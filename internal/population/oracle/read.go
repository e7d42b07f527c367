package oracle

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is what one partner sent: the three default tables, and those of plans,
// of the payer's words on claims and of continued benefits where there are any.
type Source struct {
	Partner                                                        string
	Enrollment, Authorization, Service, Plan, Advice, Continuation io.Reader
}

// record is one CSV row by column name, with its place in the order of arrival.
type record struct {
	cell     map[string]string
	partner  string
	arrival  int
	received time.Time // zero when not stated
}

func read(partner string, from io.Reader, first int) ([]*record, error) {
	rows, err := csv.NewReader(from).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var out []*record
	for n, cells := range rows[1:] {
		r := &record{cell: map[string]string{}, partner: partner, arrival: first + n}
		for i, name := range rows[0] {
			r.cell[name] = cells[i]
		}
		if text := r.cell["received_at"]; text != "" {
			if r.received, err = time.Parse(time.RFC3339Nano, text); err != nil {
				return nil, fmt.Errorf("row %d: %w", n+2, err)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// newest keeps the last received row of each key; of equal times the last to arrive.
func newest(rows []*record, key func(*record) string) []*record {
	best := map[string]*record{}
	for _, r := range rows {
		old := best[key(r)]
		if old == nil || r.received.After(old.received) || r.received.Equal(old.received) && r.arrival > old.arrival {
			best[key(r)] = r
		}
	}
	var out []*record
	for _, r := range rows {
		if best[key(r)] == r {
			out = append(out, r)
		}
	}
	return out
}

// knownBy drops rows that were received on a date after the given one.
func knownBy(rows []*record, date string, zone *time.Location) []*record {
	var out []*record
	for _, r := range rows {
		if r.received.IsZero() || r.received.In(zone).Format(time.DateOnly) <= date {
			out = append(out, r)
		}
	}
	return out
}

func key(columns ...string) func(*record) string {
	return func(r *record) string {
		parts := []string{}
		for _, c := range columns {
			if c == "partner" {
				parts = append(parts, r.partner)
			} else {
				parts = append(parts, r.cell[c])
			}
		}
		return fmt.Sprintf("%q", parts)
	}
}

// modifierSet: upper case, repeats dropped, sorted.
func modifierSet(text string) string {
	set := map[string]bool{}
	for _, word := range strings.Fields(strings.ReplaceAll(text, ":", " ")) {
		set[strings.ToUpper(word)] = true
	}
	var words []string
	for w := range set {
		words = append(words, w)
	}
	slices.Sort(words)
	return strings.Join(words, "+")
}

// isDate says whether the text is a calendar date.
func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

func number(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(strings.TrimSpace(text))
	if !ok {
		return new(big.Rat)
	}
	return r
}

func whole(text string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n
}

// between: both ends inclusive, an empty end is open.
func between(start, date, end string) bool { return start <= date && (end == "" || date <= end) }

// days from one date to another, both as text.
func days(from, to string) int64 {
	a, _ := time.Parse(time.DateOnly, from)
	b, _ := time.Parse(time.DateOnly, to)
	return int64(b.Sub(a).Hours() / 24)
}
