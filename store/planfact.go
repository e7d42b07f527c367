package store

import (
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/ledger"
)

// planKindText is the place of the kind in a row of plan_fact.
const planKindText = 3

// planFactKind keeps plans of care and care teams, each version whole.
var planFactKind = &factKind{
	sheet: sheet{
		name:  "plan_fact",
		nums:  []column{{"bucket", 2}, {"known", 8}, {"received", 8}, {"start_day", 4}, {"end_day", 4}},
		texts: []string{"person", "partner", "id", "kind", "status", "program", "body", "member"},
	},
	keyTexts: []int{factPartner, lineID, planKindText},
	same: func(a, b *sheetRow) bool { // whenever it came in
		return slices.Equal(a.n[factStart:factEnd+1], b.n[factStart:factEnd+1]) && slices.Equal(a.s[:7], b.s[:7])
	},
}

func planRow(person, partner, member string, p *ledger.Plan) (r sheetRow) {
	copy(r.n[:], []int64{int64(bucketOf(person)), 0, int64(p.Received), int64(p.Start), int64(p.End)})
	copy(r.s[:], []string{person, partner, p.ID, string(p.Kind), p.Status, p.Program, planBody(p.Items), member})
	return r
}

func planOf(r *sheetRow) ledger.Plan {
	n, s := &r.n, &r.s
	return ledger.Plan{Seq: n[1], Received: ledger.Stamp(n[2]), Start: ledger.Day(n[3]), End: ledger.Day(n[4]),
		Partner: s[1], ID: s[2], Kind: ledger.PlanKind(s[3]), Status: s[4], Program: s[5], Items: planItems(s[6])}
}

// itemFields is the number of fields of an item in a body.
const itemFields = 12

// planBody writes the items of a plan: one a line, fields between tabs. The
// fields are codes and ids; a tab or line end in one becomes a blank.
func planBody(items []ledger.PlanItem) string {
	clean := strings.NewReplacer("\t", " ", "\n", " ")
	lines := make([]string, len(items))
	for i, it := range items {
		fields := []string{it.ID, it.Code, it.Modifiers, it.Auth, it.Units, it.Unit, it.Per, it.Provider, it.Organization, it.Role,
			strconv.Itoa(int(it.Start)), strconv.Itoa(int(it.End))}
		for f := range fields {
			fields[f] = clean.Replace(fields[f])
		}
		lines[i] = strings.Join(fields, "\t")
	}
	return strings.Join(lines, "\n")
}

func planItems(body string) []ledger.PlanItem {
	if body == "" {
		return nil
	}
	lines := strings.Split(body, "\n")
	items := make([]ledger.PlanItem, len(lines))
	for i, line := range lines {
		f := strings.SplitN(line, "\t", itemFields)
		items[i] = ledger.PlanItem{ID: f[0], Code: f[1], Modifiers: f[2], Auth: f[3], Units: f[4], Unit: f[5], Per: f[6],
			Provider: f[7], Organization: f[8], Role: f[9], Start: dayOf(f[10]), End: dayOf(f[11])}
	}
	return items
}

// dayOf reads what planBody wrote.
func dayOf(text string) ledger.Day {
	n, _ := strconv.Atoi(text)
	return ledger.Day(n)
}
