package gateway

import (
	"testing"

	"github.com/throughline/throughline/ledger"
)

func TestOnlyWhoDecidesGivesUnits(t *testing.T) {
	facts := func() *Mapped {
		return &Mapped{Facts: Facts{Auths: []AuthFact{{Auth: ledger.Auth{Payer: "MCOA"}}}, Spans: []SpanFact{{Span: ledger.Span{Payer: "MCOA", Program: "wraparound"}}}}}
	}
	for _, c := range []struct {
		partner      Partner
		auths, spans int
	}{
		{Partner{Kind: Clinic}, 0, 0},
		{Partner{Kind: EHR}, 0, 0},
		{Partner{Kind: Agency, Programs: []string{"wraparound"}}, 0, 1},
		{Partner{Kind: Agency}, 0, 0},
		{Partner{Kind: MCO, Payers: []string{"MCOA"}}, 1, 1},
		{Partner{Kind: MCO, Payers: []string{"MCOB"}}, 0, 0},
		{Partner{Kind: StateAgency}, 1, 1},
	} {
		m := facts()
		keepAuthority(&c.partner, m)
		if len(m.Facts.Auths) != c.auths || len(m.Facts.Spans) != c.spans || (c.auths+c.spans < 2) != (len(m.Issues) > 0) {
			t.Errorf("%s %v: %d authorizations, %d spans, %v", c.partner.Kind, c.partner.Payers, len(m.Facts.Auths), len(m.Facts.Spans), m.Issues)
		}
	}
}
