package ledger

import (
	"cmp"
	"slices"
)

// Flexible funds have a dollar ledger of their own, in cents: what was spent out of
// one budget, and what of it does not stand. It shares nothing with the units.

// Fund is a budget for a period, and what was spent out of it.
type Fund struct {
	ID         string
	Start, End Day // both inclusive
	Cents      int64
	Spends     []Spend
}

// Spend is one payment out of a fund.
type Spend struct {
	ID       string
	Date     Day
	Payee    string
	Cents    int64 // below 0: paid back
	Need     string
	Approver string
	Receipt  string
}

// SpendVerdict is what is wrong with a payment.
type SpendVerdict string

// The verdicts on payments.
const (
	OverBudget     SpendVerdict = "over_budget"    // the budget was spent before it, in whole or in part
	Unapproved     SpendVerdict = "unapproved"     // nobody approved it
	Undocumented   SpendVerdict = "undocumented"   // no receipt, or no need that it answers
	OutsideFund    SpendVerdict = "outside_period" // not in the fund's period
	DuplicateSpend SpendVerdict = "duplicate"      // an earlier one has the same day, payee and cents
)

// SpendFinding is one verdict on one payment. Over is by how many cents a payment
// goes over the budget.
type SpendFinding struct {
	Spend   string
	Verdict SpendVerdict
	Over    int64
}

// FundResult is the state of a fund: Spent and Left are exact and add up to the
// budget. Duplicates are not counted as spent.
type FundResult struct {
	Spent, Left int64
	Findings    []SpendFinding // by day, then id, then verdict as they are listed above
}

// Balance judges every payment of a fund, in the order of days and ids, whatever
// order they came in. A payment has each verdict that is true of it; a duplicate
// has that one alone.
func (f *Fund) Balance() FundResult {
	spends := slices.Clone(f.Spends)
	slices.SortFunc(spends, func(a, b Spend) int { return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.ID, b.ID)) })
	type same struct {
		day   Day
		payee string
		cents int64
	}
	seen := map[same]bool{}
	var r FundResult
	for i := range spends {
		s := &spends[i]
		key := same{s.Date, s.Payee, s.Cents}
		if seen[key] {
			r.Findings = append(r.Findings, SpendFinding{Spend: s.ID, Verdict: DuplicateSpend})
			continue
		}
		seen[key] = true
		r.Spent += s.Cents
		f.judge(s, &r)
	}
	r.Left = f.Cents - r.Spent
	return r
}

// judge adds what is wrong with a payment that has just been counted.
func (f *Fund) judge(s *Spend, r *FundResult) {
	add := func(wrong bool, v SpendVerdict, over int64) {
		if wrong {
			r.Findings = append(r.Findings, SpendFinding{s.ID, v, over})
		}
	}
	over := min(r.Spent-f.Cents, s.Cents)
	add(over > 0, OverBudget, over)
	add(s.Approver == "", Unapproved, 0)
	add(s.Receipt == "" || s.Need == "", Undocumented, 0)
	add(s.Date < f.Start || s.Date > f.End, OutsideFund, 0)
}
