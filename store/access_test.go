package store_test

import (
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// TestEmptyRelationShowsNothing: a relation whose period is empty (a referral that
// is not accepted, a member who has left the team) opens nothing, not even what
// has no date, such as the Patient.
func TestEmptyRelationShowsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		sees := func(want int) {
			t.Helper()
			if got := find(t, s, "clinic-b", "Patient", ""); len(got) != want {
				t.Errorf("clinic-b sees %d patients, want %d", len(got), want)
			}
		}
		for _, c := range []struct {
			lo, hi ledger.Day
			want   int
		}{{1, 0, 0}, {0, 0, 1}, {ledger.NoDay + 1, ledger.NoDay, 0}, {20000, 19999, 0}} {
			p := create(t, patient("M1"))
			p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
			r := message("clinic-a", "", p)
			r.Mapped.Relations = []gateway.Relation{{Subject: p.FullURL, Scope: caller("clinic-b").Scopes[1], Why: "referral", Ref: "R1", Lo: c.lo, Hi: c.hi}}
			commit(t, s, r)
			if c.want > 0 {
				c.want = len(find(t, s, "clinic-a", "Patient", ""))
			}
			sees(c.want)
		}
	})
}
