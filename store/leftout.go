package store

import (
	"context"
	"slices"
	"strings"

	"github.com/throughline/throughline/ledger"
)

// voidLeftOut adds a void for each line of an earlier claim that the claim which
// replaces or voids it leaves out: it stands for the whole of it (X12 837,
// CLM05-3). Rows that say line by line what they replace (tables, JSON) do not.
func voidLeftOut(ctx context.Context, t *tx, rows []sheetRow) ([]sheetRow, error) {
	said := map[claimOf]*restated{}
	var people []string
	for i := range rows {
		base, ok := restates(&rows[i])
		if !ok {
			continue
		}
		key := claimOfRow(&rows[i])
		c := said[key]
		if c == nil || c.row.n[factReceived] < rows[i].n[factReceived] {
			c = &restated{row: rows[i], lines: map[string]bool{}}
			said[key] = c
		}
		c.lines[base] = true
		people = append(people, key.person)
	}
	if len(people) == 0 {
		return rows, nil
	}
	known := map[factKey]sheetRow{}
	keep := func(r *sheetRow) {
		if old, ok := known[lineKind.key(r)]; said[claimOfRow(r)] != nil && (!ok || old.n[factReceived] <= r.n[factReceived]) {
			known[lineKind.key(r)] = *r
		}
	}
	err := eachOfPersons(t, people, func(where string, args []any) error {
		return lineKind.eachOf(ctx, t, where+" order by received, known", args, func(r *sheetRow) error {
			keep(r)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		keep(&rows[i])
	}
	return append(rows, leftOut(known, said)...), nil
}

// claimOf names a claim of one sender and member.
type claimOf struct{ person, partner, claim string }

// restated is what the latest replacement or void of a claim says: one of its
// rows, and the lines that it names.
type restated struct {
	row   sheetRow
	lines map[string]bool
}

func claimOfRow(r *sheetRow) claimOf {
	return claimOf{r.s[factPerson], r.s[factPartner], r.s[lineClaim]}
}

const lineFrequency = 6

// restates says whether a row stands beside the line it replaces or voids, and
// gives that line's id.
func restates(r *sheetRow) (base string, ok bool) {
	var suffix string
	switch r.n[lineFrequency] {
	case 7:
		suffix = ledger.ReplacementSuffix
	case 8:
		suffix = ledger.VoidSuffix
	default:
		return "", false
	}
	base = r.s[lineReplaces]
	return base, base != "" && r.s[lineClaim] != "" && r.s[lineID] == base+suffix
}

// leftOut are the voids of lines that were sent before and are not named.
func leftOut(known map[factKey]sheetRow, said map[claimOf]*restated) []sheetRow {
	var out []sheetRow
	done := map[string]bool{}
	for _, r := range known {
		c := said[claimOfRow(&r)]
		base := strings.TrimSuffix(r.s[lineID], ledger.ReplacementSuffix)
		if r.n[lineFrequency] == 8 || c.lines[base] || r.n[factReceived] > c.row.n[factReceived] || done[r.s[factPartner]+"\x00"+base] {
			continue
		}
		done[r.s[factPartner]+"\x00"+base] = true
		r.n[lineFrequency], r.n[factReceived] = 8, c.row.n[factReceived]
		r.s[lineID], r.s[lineReplaces], r.s[lineDenial] = base+ledger.VoidSuffix, base, ""
		out = append(out, r)
	}
	slices.SortFunc(out, compareByPerson)
	return out
}
