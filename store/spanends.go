package store

import (
	"context"
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// endSpans turns terminations, which name no start, into new versions of the
// spans they end; rows that state their start stay as they are. Rows are taken in
// their order, so that a span and its end may come in one message.
func endSpans(ctx context.Context, t *tx, rows []sheetRow) ([]sheetRow, error) {
	if !slices.ContainsFunc(rows, isSpanEnd) {
		return rows, nil
	}
	var people []string
	for i := range rows {
		people = append(people, rows[i].s[factPerson])
	}
	known := map[string][]sheetRow{}
	err := eachOfPersons(t, people, func(where string, args []any) error {
		return spanKind.eachOf(ctx, t, where+" order by received, known", args, func(r *sheetRow) error {
			known[r.s[factPerson]] = inForce(known[r.s[factPerson]], *r)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	var out []sheetRow
	for i := range rows {
		r := rows[i]
		person := r.s[factPerson]
		if !isSpanEnd(r) {
			known[person] = inForce(known[person], r)
			out = append(out, r)
			continue
		}
		for at := range known[person] {
			if k := &known[person][at]; endsSpan(&r, k) {
				k.n[factEnd], k.n[factReceived] = r.n[factEnd], r.n[factReceived]
				k.s[factPartner], k.s[spanMember] = r.s[factPartner], r.s[spanMember]
				out = append(out, *k)
				unrelate(t, k)
			}
		}
	}
	return out, nil
}

// unrelate ends what the payer may see of the child with its span. Oversight by
// the program stays: a state reconciles spans that have ended.
func unrelate(t *tx, span *sheetRow) {
	ref := span.s[spanPayer] + "|" + span.s[spanProgram] + "|" + ledger.Day(span.n[factStart]).String()
	t.put("update relation set hi = $1 where person = $2 and why = 'enrollment' and scope = $3 and ref = $4 and hi > $5",
		span.n[factEnd], span.s[factPerson], clip(gateway.ScopePayer(span.s[spanPayer])), clip(ref), span.n[factEnd])
}

func isSpanEnd(r sheetRow) bool { return r.n[factStart] == int64(ledger.NoDay) }

// endsSpan says whether a termination ends a span: it holds the day after.
func endsSpan(end, span *sheetRow) bool {
	return span.s[spanPayer] == end.s[spanPayer] && (end.s[spanProgram] == "" || span.s[spanProgram] == end.s[spanProgram]) &&
		span.n[factStart] <= end.n[factEnd] && span.n[factEnd] > end.n[factEnd]
}

// inForce puts a later version of a span in the place of the earlier one.
func inForce(spans []sheetRow, r sheetRow) []sheetRow {
	i := slices.IndexFunc(spans, func(s sheetRow) bool { return spanKind.key(&s) == spanKind.key(&r) })
	if i < 0 {
		return append(spans, r)
	}
	if spans[i].n[factReceived] <= r.n[factReceived] {
		spans[i] = r
	}
	return spans
}
