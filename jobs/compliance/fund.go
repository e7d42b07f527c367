package compliance

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
	"github.com/throughline/throughline/program"
)

// budget is a flexible fund as the rules see it: what the dollar ledger counts as
// spent by the day. A payment that was sent twice is spent once.
func (c *child) budget(s *sent[record.FlexibleFund], id string) []program.Budget {
	if s.record.Program != id || day(s.record.Start) > c.asOf {
		return nil
	}
	out := program.Budget{ID: key(s.partner, s.record.FundID), Person: c.person, Cents: s.record.Cents}
	twice := map[string]bool{}
	fund := s.record.Ledger()
	for _, f := range fund.Balance().Findings {
		twice[f.Spend] = twice[f.Spend] || f.Verdict == ledger.DuplicateSpend
	}
	for _, p := range s.record.Spends {
		if !twice[p.ID] && day(p.On) <= c.asOf {
			out.Spends = append(out.Spends, program.Spend{ID: p.ID, Cents: p.Cents, Approver: p.Approver, Need: p.Need})
		}
	}
	return []program.Budget{out}
}

// FundRecords are the records of one kind, in force at a watermark.
type FundRecords interface {
	KindRecords(ctx context.Context, kind string, known int64, f func(person string, r gateway.StoredRecord) error) error
}

// Fund is a budget with what was spent of it, all in cents.
type Fund struct {
	Person  string // the child, by the key of the store
	Partner gateway.PartnerID
	Member  string // the child's id as the partner sent it
	Program string
	Ledger  ledger.Fund
	Result  ledger.FundResult
}

// Funds reads the flexible funds that are known at a watermark and keep answers yes
// to, each with its balance: by partner, fund.
func Funds(ctx context.Context, records FundRecords, known int64, keep func(*Fund) bool) ([]Fund, error) {
	var out []Fund
	err := records.KindRecords(ctx, "flexible_fund", known, func(person string, r gateway.StoredRecord) error {
		rec, err := decode(&r)
		if err != nil {
			return err
		}
		sent, ok := rec.(*record.FlexibleFund)
		if !ok {
			return nil
		}
		fund := sent.Ledger()
		f := Fund{Person: person, Partner: r.Partner, Member: r.Member, Program: sent.Program, Ledger: fund, Result: fund.Balance()}
		if keep(&f) {
			out = append(out, f)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Fund) int {
		return cmp.Or(strings.Compare(string(a.Partner), string(b.Partner)), strings.Compare(a.Ledger.ID, b.Ledger.ID))
	})
	return out, err
}
