package gateway

import (
	"testing"

	"github.com/throughline/throughline/ledger"
)

// TestWhoKeepsBenefitsAlive: a payer what it has decided, the state everything,
// others nothing.
func TestWhoKeepsBenefitsAlive(t *testing.T) {
	of := func(partner string) *ledger.Auth {
		return &ledger.Auth{ID: ledger.ContinuationID("A", "AP"), Continues: ledger.AuthKey{Partner: partner, ID: "A"}}
	}
	for _, c := range []struct {
		p    Partner
		of   string
		want bool
	}{
		{Partner{ID: "mco-a", Kind: MCO}, "mco-a", true}, {Partner{ID: "mco-a", Kind: MCO}, "mco-b", false},
		{Partner{ID: "state", Kind: StateAgency}, "mco-b", true}, {Partner{ID: "clinic", Kind: Clinic}, "clinic", false},
	} {
		if got := c.p.mayGrant(of(c.of)); got != c.want {
			t.Errorf("%s about one of %s: %v", c.p.ID, c.of, got)
		}
	}
}
