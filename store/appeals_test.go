package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

// 23: an authorization from before has no continuation; one that comes later is
// kept in versions like every other, and read back whole.
func TestUpgradeToContinuedBenefits(t *testing.T) {
	upgraded(t, 20, twoPersons(), func(t *testing.T, s *store.Store) {
		kept := ledger.Auth{Partner: "mco", ID: ledger.ContinuationID("A1", "AP"), Continues: ledger.AuthKey{Partner: "mco", ID: "A1"}, Level: 20100,
			Start: 20110, End: ledger.Forever, Status: ledger.Approved, Received: 7}
		for _, end := range []ledger.Day{ledger.Forever, ledger.Forever, 20150} {
			a := kept
			a.End = end
			if end != ledger.Forever {
				a.Received = 9
			}
			m := message("mco", "")
			m.Mapped.Facts.Auths = []gateway.AuthFact{{Member: gateway.Identifier{System: memberSystem, Value: "M1"}, Auth: a}}
			m.Mapped.Changes = []gateway.Change{create(t, patient("M1"))}
			commit(t, s, m)
		}
		var got []ledger.Auth
		err := s.StreamCases(context.Background(), 0, store.Buckets-1, known(t, s), func(c *ledger.Case) error {
			for _, a := range c.Auths {
				a.Seq = 0
				got = append(got, a)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ended := kept
		ended.End, ended.Received = 20150, 9
		old := ledger.Auth{Partner: "mco", ID: "A1", Code: "H2021", Status: ledger.Approved, Payer: "MCOA", Start: 20000, End: 30000, Units: 40}
		if diff := cmp.Diff([]ledger.Auth{kept, ended, old}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestFilings: the records in force of whose child the caller may see, and those
// of the child that a request is about.
func TestFilings(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		put := func(member, kind, id string, at int64, body string) {
			commit(t, s, recordMessage(t, member, kind, id, time.Unix(at, 0), body))
		}
		put("M1", "appeal", "AP-1", 10, "1")
		put("M1", "appeal", "AP-1", 11, "2")
		put("M1", "adverse_notice", "N-1", 12, "3")
		put("M2", "appeal", "AP-2", 13, "4")
		put("M1", "contact", "C-1", 14, "5")
		words := func(list []gateway.ChildRecord, err error) (out []string) {
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				out = append(out, fmt.Sprintf("%s %s %s %s", r.Kind, r.ID, r.Member, r.Body))
			}
			return out
		}
		if got := words(s.Filings(ctx, caller("clinic-a"))); len(got) != 3 {
			t.Errorf("%q", got)
		}
		if got := words(s.Filings(ctx, caller("clinic-b"))); len(got) != 0 {
			t.Errorf("another partner sees %q", got)
		}
		all, err := s.AllFilings(ctx)
		if err != nil || len(all) != 3 {
			t.Fatal(all, err)
		}
		for _, r := range all {
			if r.Member != "M1" {
				continue
			}
			err := s.Exec(ctx, `insert into prior_auth (id, version, requester, payer, person, state, created_at, updated_at, seq, doc) values ('a1', 2, 'clinic-a', 'mco', '`+r.Person+`', 'denied', 1, 1, 1, '{}') on conflict do nothing`)
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"adverse_notice N-1 M1 3", "appeal AP-1 M1 2"}, words(s.FilingsAbout(ctx, "a1"))); diff != "" {
			t.Error(diff)
		}
	})
}
