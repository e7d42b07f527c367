package store

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// adviceSheet keeps what payers said about claims (ledger.Advice). It is a memory
// for lines that come, or come again, after the word on them: the ledger itself
// reads the denial in the versions of the lines.
var adviceSheet = &sheet{
	name:  "claim_advice",
	nums:  []column{{"bucket", 2}, {"known", 8}, {"received", 8}, {"day", 4}},
	texts: []string{"person", "partner", "claim", "line", "code", "modifiers", "reason", "control", "member"},
}

// adviceLock lets no line be written between the reading of lines and the
// writing of a word on them: writers of lines share it.
var adviceLock = hashKey("claim advice")

const lineDenial = 14

func adviceRow(person, member string, a *ledger.Advice) (r sheetRow) {
	copy(r.n[:], []int64{int64(bucketOf(person)), 0, int64(a.Received), int64(a.Date)})
	copy(r.s[:], []string{person, a.Partner, a.Claim, a.Line, a.Code, a.Modifiers, a.Reason, a.Control, member})
	return r
}

func adviceOf(r *sheetRow) ledger.Advice {
	n, s := &r.n, &r.s
	return ledger.Advice{Seq: n[1], Received: ledger.Stamp(n[2]), Date: ledger.Day(n[3]),
		Partner: s[1], Claim: s[2], Line: s[3], Code: s[4], Modifiers: s[5], Reason: s[6], Control: s[7]}
}

// putAdvices keeps the words that are new and appends a version of every line
// whose denial they change.
func (s *Store) putAdvices(ctx context.Context, t *tx, partner gateway.PartnerID, people map[gateway.Identifier]string, facts []gateway.AdviceFact) error {
	if len(facts) == 0 {
		return nil
	}
	if t.pg != nil {
		t.put("select pg_advisory_xact_lock($1)", adviceLock)
	}
	byPerson := map[string][]sheetRow{}
	for i := range facts {
		person := s.personIn(people, partner, facts[i].Member)
		if person == "" {
			return errNobody
		}
		byPerson[person] = append(byPerson[person], adviceRow(person, facts[i].Member.Value, &facts[i].Advice))
	}
	for _, person := range slices.Sorted(maps.Keys(byPerson)) {
		if err := s.advise(ctx, t, person, byPerson[person]); err != nil {
			return err
		}
	}
	return nil
}

// advise puts the words on one person's claims.
func (s *Store) advise(ctx context.Context, t *tx, person string, rows []sheetRow) error {
	advices, err := advicesOn(ctx, t, []string{person})
	if err != nil {
		return err
	}
	old := advices[person]
	rows = slices.DeleteFunc(rows, func(r sheetRow) bool {
		return slices.ContainsFunc(old, func(o ledger.Advice) bool { return sameAdvice(o, adviceOf(&r)) })
	})
	if len(rows) == 0 {
		return nil
	}
	last, err := s.dialect.nextSeq(ctx, t, int64(len(rows)))
	if err != nil {
		return err
	}
	claims := map[string]bool{}
	for i := range rows {
		rows[i].n[factKnown] = last - int64(len(rows)-1-i)
		claims[rows[i].s[2]] = true
		old = append(old, adviceOf(&rows[i]))
	}
	if err := adviceSheet.insertRows(ctx, t, rows); err != nil {
		return err
	}
	changed, err := changedLines(ctx, t, person, claims, old)
	if err != nil || len(changed) == 0 {
		return err
	}
	if last, err = s.dialect.nextSeq(ctx, t, 1); err != nil {
		return err
	}
	for i := range changed {
		changed[i].n[factKnown] = last
	}
	return lineKind.insertRows(ctx, t, changed)
}

func sameAdvice(a, b ledger.Advice) bool {
	a.Seq, b.Seq = 0, 0
	return a == b
}

// advicesOn reads what was said about the claims of persons, oldest first.
func advicesOn(ctx context.Context, t *tx, people []string) (map[string][]ledger.Advice, error) {
	out := map[string][]ledger.Advice{}
	return out, eachOfPersons(t, people, func(where string, args []any) error {
		return adviceSheet.eachOf(ctx, t, where+" order by known", args, func(r *sheetRow) error {
			out[r.s[factPerson]] = append(out[r.s[factPerson]], adviceOf(r))
			return nil
		})
	})
}

// changedLines are new versions of the person's lines of the claims, where the
// advices say another denial than the version in force.
func changedLines(ctx context.Context, t *tx, person string, claims map[string]bool, advices []ledger.Advice) ([]sheetRow, error) {
	newest := map[factKey]sheetRow{}
	err := lineKind.eachOf(ctx, t, "bucket = $1 and person = $2 order by received, known", []any{bucketOf(person), person}, func(r *sheetRow) error {
		if claims[r.s[lineClaim]] {
			newest[lineKind.key(r)] = *r
		}
		return nil
	})
	var changed []sheetRow
	for _, r := range newest {
		line := lineOf(&r)
		if reason := ledger.Denial(advices, &line); reason != r.s[lineDenial] {
			r.s[lineDenial] = reason
			changed = append(changed, r)
		}
	}
	slices.SortFunc(changed, func(a, b sheetRow) int {
		return cmp.Or(compareByPerson(a, b), cmp.Compare(a.s[factPartner], b.s[factPartner]))
	})
	return changed, err
}

// stampDenials gives lines that come in what payers have said about them
// already: a line sent again does not lose its denial, and one that comes late
// gets it.
func stampDenials(ctx context.Context, t *tx, lines []sheetRow) error {
	var people []string
	for i := range lines {
		if lines[i].s[lineClaim] != "" {
			people = append(people, lines[i].s[factPerson])
		}
	}
	if len(people) == 0 {
		return nil
	}
	advices, err := advicesOn(ctx, t, people)
	if err != nil || len(advices) == 0 {
		return err
	}
	for i := range lines {
		line := lineOf(&lines[i])
		if reason := ledger.Denial(advices[lines[i].s[factPerson]], &line); reason != "" {
			lines[i].s[lineDenial] = reason
		}
	}
	return nil
}
