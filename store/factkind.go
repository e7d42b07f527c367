package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/ledger"
)

// factKind is one of the tables of facts: its columns and what makes two
// rows versions of one key. An authorization's table is auth_fact because
// authorization is a reserved word of SQL.
type factKind struct {
	sheet
	keyTexts []int // text columns of the key
	dayKey   bool  // n[factStart] belongs to the key
	same     func(a, b *sheetRow) bool
}

// factKey is a key of any of the tables.
type factKey struct {
	a, b, c string
	day     int64
}

// Places of columns in a sheetRow, see the kinds below.
const (
	factBucket, factKnown, factReceived, factStart, factEnd = 0, 1, 2, 3, 4

	factPerson, factPartner         = 0, 1
	lineID, lineClaim, lineReplaces = 2, 3, 9
	spanPayer, spanProgram          = 2, 3
	spanMember, spanCounty          = 4, 5
)

var factKinds = [4]*factKind{lineKind, authKind, spanKind, planFactKind}

var lineKind = &factKind{
	sheet: sheet{
		name:  "service_line",
		nums:  []column{{"bucket", 2}, {"known", 8}, {"received", 8}, {"day", 4}, {"units", 8}, {"scale", 2}, {"frequency", 2}},
		texts: []string{"person", "partner", "id", "claim", "provider", "code", "modifiers", "day_text", "unit", "replaces", "source", "auth", "visit", "start_time", "denial", "member"},
	},
	keyTexts: []int{factPartner, lineID},
	same:     sameFact(7, 15),
}

var authKind = &factKind{
	sheet: sheet{
		name:  "auth_fact",
		nums:  []column{{"bucket", 2}, {"known", 8}, {"received", 8}, {"start_day", 4}, {"end_day", 4}, {"units", 8}, {"cap_units", 8}, {"pending", 8}, {"counted", 8}, {"counted_to", 4}, {"level_day", 4}},
		texts: []string{"person", "partner", "id", "provider", "code", "modifiers", "unit", "status", "cap_period", "program", "payer", "continues", "continues_of", "member"},
	},
	keyTexts: []int{factPartner, lineID},
	same:     sameFact(11, 13),
}

var spanKind = &factKind{
	sheet: sheet{
		name:  "span_fact",
		nums:  []column{{"bucket", 2}, {"known", 8}, {"received", 8}, {"start_day", 4}, {"end_day", 4}},
		texts: []string{"person", "partner", "payer", "program", "member", "county"},
	},
	keyTexts: []int{factPerson, spanPayer, spanProgram},
	dayKey:   true,
	same: func(a, b *sheetRow) bool {
		return a.n[factReceived] == b.n[factReceived] && a.n[factEnd] == b.n[factEnd] && // whoever said it
			(b.s[spanCounty] == "" || a.s[spanCounty] == b.s[spanCounty]) // a row without a county takes none back
	},
}

// sameFact compares everything but bucket, known and the member id as sent.
func sameFact(nums, texts int) func(a, b *sheetRow) bool {
	return func(a, b *sheetRow) bool {
		return slices.Equal(a.n[factReceived:nums], b.n[factReceived:nums]) && slices.Equal(a.s[:texts], b.s[:texts])
	}
}

func (k *factKind) key(r *sheetRow) factKey {
	var key factKey
	for i, to := range []*string{&key.a, &key.b, &key.c}[:len(k.keyTexts)] {
		*to = r.s[k.keyTexts[i]]
	}
	if k.dayKey {
		key.day = r.n[factStart]
	}
	return key
}

// known says whether a row adds nothing to the versions of its key, oldest
// first: it says what the newest says, or it is a version with a received time
// that was delivered before.
func (k *factKind) known(old []sheetRow, r *sheetRow) bool {
	for i := range old {
		if (i == len(old)-1 || r.n[factReceived] != 0) && k.same(&old[i], r) {
			return true
		}
	}
	return false
}

func compareByPerson(a, b sheetRow) int {
	return cmp.Or(strings.Compare(a.s[factPerson], b.s[factPerson]), strings.Compare(a.s[2], b.s[2]))
}

// versions reads all versions of the keys of rows, oldest first. Persons in
// fresh have none.
func (k *factKind) versions(ctx context.Context, t *tx, rows []sheetRow, fresh map[string]bool) (map[factKey][]sheetRow, error) {
	old := map[factKey][]sheetRow{}
	keep := func(where string, args []any) error {
		return k.eachOf(ctx, t, where+" order by known", args, func(r *sheetRow) error {
			old[k.key(r)] = append(old[k.key(r)], *r)
			return nil
		})
	}
	if k.dayKey {
		var people []string
		for i := range rows {
			if p := rows[i].s[factPerson]; !fresh[p] {
				people = append(people, p)
			}
		}
		return old, eachOfPersons(t, people, keep)
	}
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].s[lineID]
	}
	return old, eachOfPartner(t, rows[0].s[factPartner], "id", ids, keep)
}

// eachOfPersons calls f with the condition that a row is of one of the persons,
// some hundred at a time.
func eachOfPersons(t *tx, people []string, f func(where string, args []any) error) error {
	slices.Sort(people)
	for chunk := range slices.Chunk(slices.Compact(people), xrefChunk) {
		args := make([]any, len(chunk))
		pairs := make([]string, len(chunk))
		for i, p := range chunk {
			args[i], pairs[i] = p, fmt.Sprintf("(%d, %s)", bucketOf(p), mark(t, i+1))
		}
		if err := f("(bucket, person) in (values "+strings.Join(pairs, ", ")+")", args); err != nil {
			return err
		}
	}
	return nil
}

// mark is a placeholder; see insertText for why SQLite's have no names.
func mark(t *tx, n int) string {
	if t.pg == nil {
		return "?"
	}
	return "$" + strconv.Itoa(n)
}

// eachOfPartner calls f with the condition that a column of the partner's rows
// has one of the values: all at once on PostgreSQL, some hundred at a time
// elsewhere.
func eachOfPartner(t *tx, partner, column string, values []string, f func(where string, args []any) error) error {
	if len(values) == 0 {
		return nil
	}
	if t.pg != nil {
		return f("partner = $1 and "+column+" = any($2)", []any{partner, values})
	}
	for chunk := range slices.Chunk(values, xrefChunk) {
		args := []any{partner}
		for _, v := range chunk {
			args = append(args, v)
		}
		if err := f("partner = ? and "+column+" in (?"+strings.Repeat(",?", len(chunk)-1)+")", args); err != nil {
			return err
		}
	}
	return nil
}

// lineRow says a line as every door would: the text of a date only where it is none,
// and no source where it is a claim.
func lineRow(person, partner, member string, l *ledger.Line) (r sheetRow) {
	dateText, source := l.DateText, l.Source
	if l.Date != ledger.NoDay {
		dateText = ""
	}
	if source == "claim" {
		source = ""
	}
	copy(r.n[:], []int64{int64(bucketOf(person)), 0, int64(l.Received), int64(l.Date), l.Units.Coef, int64(l.Units.Scale), int64(l.Frequency)})
	copy(r.s[:], []string{person, partner, l.ID, l.ClaimID, l.Provider, l.Code, l.Modifiers, dateText, l.Unit, l.Replaces, source, l.Auth, l.VisitID, l.StartTime, l.DenialCode, member})
	return r
}

func lineOf(r *sheetRow) ledger.Line {
	n, s := &r.n, &r.s
	return ledger.Line{Seq: n[1], Received: ledger.Stamp(n[2]), Date: ledger.Day(n[3]), Units: ledger.Decimal{Coef: n[4], Scale: uint8(n[5])}, Frequency: int(n[6]),
		Partner: s[1], ID: s[2], ClaimID: s[3], Provider: s[4], Code: s[5], Modifiers: s[6], DateText: s[7], Unit: s[8], Replaces: s[9],
		Source: s[10], Auth: s[11], VisitID: s[12], StartTime: s[13], DenialCode: s[14]}
}

func authRow(person, partner, member string, a *ledger.Auth) (r sheetRow) {
	copy(r.n[:], []int64{int64(bucketOf(person)), 0, int64(a.Received), int64(a.Start), int64(a.End), a.Units, a.CapUnits, a.Pending, a.Counted, int64(a.CountedTo), int64(a.Level)})
	copy(r.s[:], []string{person, partner, a.ID, a.Provider, a.Code, a.Modifiers, a.Unit, string(a.Status), string(a.CapPeriod), a.Program, a.Payer, a.Continues.ID, a.Continues.Partner, member})
	return r
}

func authOf(r *sheetRow) ledger.Auth {
	n, s := &r.n, &r.s
	return ledger.Auth{Seq: n[1], Received: ledger.Stamp(n[2]), Start: ledger.Day(n[3]), End: ledger.Day(n[4]), Units: n[5], CapUnits: n[6], Pending: n[7], Counted: n[8], CountedTo: ledger.Day(n[9]),
		Partner: s[1], ID: s[2], Provider: s[3], Code: s[4], Modifiers: s[5], Unit: s[6], Status: ledger.Status(s[7]), CapPeriod: ledger.CapPeriod(s[8]),
		Program: s[9], Payer: s[10], Continues: ledger.AuthKey{Partner: s[12], ID: s[11]}, Level: ledger.Day(n[10])}
}

func spanRow(person, partner, member string, sp *ledger.Span) (r sheetRow) {
	copy(r.n[:], []int64{int64(bucketOf(person)), 0, int64(sp.Received), int64(sp.Start), int64(sp.End)})
	copy(r.s[:], []string{person, partner, sp.Payer, sp.Program, member, sp.County})
	return r
}

func spanOf(r *sheetRow) ledger.Span {
	return ledger.Span{Seq: r.n[1], Received: ledger.Stamp(r.n[2]), Start: ledger.Day(r.n[3]), End: ledger.Day(r.n[4]),
		Partner: r.s[1], Payer: r.s[2], Program: r.s[3], County: r.s[spanCounty]}
}
