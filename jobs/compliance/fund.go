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
	if !c.worksFor(s.record.Program, id) || day(s.record.Start) > c.asOf {
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

// FundRecords are the funds that are known at a watermark, as records and as FHIR.
type FundRecords interface {
	KindRecords(ctx context.Context, kind string, known int64, f func(person string, r gateway.StoredRecord) error) error
	FundResources(ctx context.Context, known int64, f func(person, member string, r gateway.StoredResource) error) error
}

// Fund is a budget with what was spent of it, all in cents.
type Fund struct {
	Person  string // the child, by the key of the store
	Partner gateway.PartnerID
	Member  string // the child's id as the partner sent it, else the one that all partners share
	Program string // empty = those that the child is enrolled in
	Ledger  ledger.Fund
	Result  ledger.FundResult
}

// Funds reads the flexible funds that are known at a watermark and keep answers yes
// to, each with its balance: by partner, fund. Of the two words on one fund, record
// and resource, the newer counts.
func Funds(ctx context.Context, records FundRecords, known int64, keep func(*Fund) bool) ([]Fund, error) {
	stand, err := fundsInFHIR(ctx, records, known)
	if err != nil {
		return nil, err
	}
	var out []Fund
	add := func(f Fund) {
		if keep(&f) {
			out = append(out, f)
		}
	}
	err = records.KindRecords(ctx, "flexible_fund", known, func(person string, r gateway.StoredRecord) error {
		id := key(r.Partner, r.ID)
		if newer, ok := stand[id]; ok && newer.known > r.Known {
			return nil
		}
		delete(stand, id)
		rec, err := decode(&r)
		if sent, ok := rec.(*record.FlexibleFund); ok {
			add(fundOf(person, r.Member, r.Partner, sent))
		}
		return err
	})
	for _, f := range stand {
		add(f.Fund)
	}
	slices.SortFunc(out, func(a, b Fund) int {
		return cmp.Or(strings.Compare(string(a.Partner), string(b.Partner)), strings.Compare(a.Ledger.ID, b.Ledger.ID))
	})
	return out, err
}

func fundOf(person, member string, partner gateway.PartnerID, r *record.FlexibleFund) Fund {
	fund := r.Ledger()
	return Fund{Person: person, Partner: partner, Member: member, Program: r.Program, Ledger: fund, Result: fund.Balance()}
}

// standing is a fund as a resource of some version says it.
type standing struct {
	Fund
	known int64
}

// fundsInFHIR reads the funds that no record says, by partner and id.
func fundsInFHIR(ctx context.Context, records FundRecords, known int64) (map[string]standing, error) {
	out := map[string]standing{}
	return out, records.FundResources(ctx, known, func(person, member string, r gateway.StoredResource) error {
		nodes, err := linked([]gateway.StoredResource{r})
		if err != nil {
			return err
		}
		for _, w := range readWritten(nodes) {
			if fund, ok := w.record.(*record.FlexibleFund); ok {
				out[key(w.partner, fund.FundID)] = standing{fundOf(person, cmp.Or(fund.MemberID, member), w.partner, fund), w.known}
			}
		}
		return nil
	})
}
