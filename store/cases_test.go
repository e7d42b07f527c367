package store_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

var asOf = func() ledger.Day { d, _ := ledger.ParseDay("2026-06-30"); return d }()

func callerOf(partner string) gateway.Caller {
	return gateway.Caller{Partner: gateway.PartnerID(partner), Scopes: []string{gateway.ScopePartner(gateway.PartnerID(partner))}}
}

func member(id string) gateway.Identifier {
	return gateway.Identifier{System: storetest.MemberSystem, Value: id}
}

// verdicts settles every child of the store, read in ranges, and gives the
// verdict of every line.
func verdicts(t testing.TB, s *store.Store, known int64, step int) map[string]string {
	t.Helper()
	out := map[string]string{}
	for lo := 0; lo < store.Buckets; lo += step {
		err := s.StreamCases(context.Background(), lo, lo+step-1, known, func(c *ledger.Case) error {
			for _, v := range ledger.Settle(c, asOf, nil).Lines {
				key := v.Line.Partner + "/" + v.Line.ID
				if out[key] != "" {
					t.Errorf("line %s has two verdicts", key)
				}
				out[key] = string(v.Verdict)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func known(t testing.TB, s *store.Store) int64 {
	t.Helper()
	k, err := s.Known(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestChainsAcrossMembers gives the rows of one chain, whose claim was first
// sent for the wrong child, in every order of arrival.
func TestChainsAcrossMembers(t *testing.T) {
	rows := []string{
		"L1,C1,M1,1,H2021,2026-01-05,4,1,,2026-01-06",
		"L2,C2,M2,1,H2021,2026-01-05,4,7,L1,2026-01-07",
		"L3,C3,M3,1,H2021,2026-01-05,4,7,C2,2026-01-08",
	}
	want := map[string]string{"p/L1": "replaced", "p/L2": "replaced", "p/L3": "not_enrolled"}
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for n, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}, {0, 2, 1}, {2, 0, 1}} {
			partner := fmt.Sprintf("p%d", n)
			for _, i := range order {
				importText(t, s, partner, "service", serviceHead+strings.Replace(rows[i], ",M", ","+partner+"-M", 1)+"\n")
			}
			got := map[string]string{}
			for key, v := range verdicts(t, s, known(t, s), 16) {
				if id, ok := strings.CutPrefix(key, partner+"/"); ok {
					got["p/"+id] = v
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("order %v: %s", order, d)
			}
		}
	})
}

func TestKeyMovesToAnotherMember(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		importText(t, s, "p", "service", serviceHead+"L1,,M1,1,H2021,2026-01-05,4,1,,2026-01-06\n")
		importText(t, s, "p", "authorization", authHead+"A,M1,,H2021,2026-01-01,,10,approved,,2026-01-06\n")
		importText(t, s, "p", "enrollment", spanHead+"M1,2026-01-01,,P,,\nM2,2026-01-01,,P,,\n")
		first := known(t, s)
		importText(t, s, "p", "service", serviceHead+"L1,,M2,1,H2021,2026-01-05,4,1,,2026-01-07\n")
		if d := cmp.Diff(map[string]string{"p/L1": "no_authorization"}, verdicts(t, s, known(t, s), 256)); d != "" {
			t.Errorf("line moved: %s", d)
		}
		importText(t, s, "p", "authorization", authHead+"A,M2,,H2021,2026-01-01,,10,approved,,2026-01-07\n")
		if d := cmp.Diff(map[string]string{"p/L1": "matched"}, verdicts(t, s, known(t, s), 256)); d != "" {
			t.Errorf("authorization moved too: %s", d)
		}
		if d := cmp.Diff(map[string]string{"p/L1": "matched"}, verdicts(t, s, first, 256)); d != "" {
			t.Errorf("as known before: %s", d)
		}
	})
}

func TestCaseOf(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		importText(t, s, "p", "enrollment", spanHead+"M1,2026-01-01,,P,W,\nM2,2026-01-01,,P,,\n")
		importText(t, s, "p", "authorization", authHead+"A,M1,1000000001,H2021,2026-01-01,,10,approved,,\nB,M2,,H2021,2026-01-01,,10,denied,,\n")
		importText(t, s, "p", "service", serviceHead+"L1,,M1,1000000001,H2021,2026-01-05,4,1,,\nL2,,M2,1,H2021,2026-01-05,4,1,,\n")
		importText(t, s, "q", "authorization", authHead+"B,M1,,H2021,2026-01-01,,7,approved,,\n")
		c, err := s.CaseOf(ctx, callerOf("p"), member("M1"))
		if err != nil || len(c.Lines) != 1 || len(c.Auths) != 2 || len(c.Spans) != 1 {
			t.Fatalf("case %+v, error %v", c, err)
		}
		scopes := map[string]gateway.Caller{"payer": {Partner: "x", Scopes: []string{gateway.ScopePayer("P")}}, "program": {Partner: "x", Scopes: []string{gateway.ScopeProgram("W")}},
			"provider": {Partner: "x", Scopes: []string{gateway.ScopeIdentifier(gateway.Identifier{System: gateway.NPI, Value: "1000000001"})}}}
		for name, who := range scopes {
			if _, err := s.CaseOf(ctx, who, member("M1")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, other := s.CaseOf(ctx, gateway.Caller{Partner: "x", Scopes: []string{gateway.ScopePayer("Q")}}, member("M1"))
		_, absent := s.CaseOf(ctx, callerOf("p"), member("M9"))
		if gateway.FaultOf(other).Code != gateway.NotFound || other.Error() != absent.Error() {
			t.Errorf("other: %v, absent: %v", other, absent)
		}
		if c, err := s.CaseOfAuth(ctx, callerOf("p"), ledger.AuthKey{ID: "A"}); err != nil || len(c.Lines) != 1 {
			t.Errorf("by authorization: %+v %v", c, err)
		}
		if _, err := s.CaseOfAuth(ctx, callerOf("q"), ledger.AuthKey{ID: "A"}); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("q is not known to serve the child: %v", err)
		}
	})
}

func TestRetractedSpanWithdraws(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), context.Background()
		mco := gateway.Caller{Partner: "x", Scopes: []string{gateway.ScopePayer("P"), gateway.ScopeProgram("W")}}
		importText(t, s, "p", "enrollment", spanHead+"M1,2026-01-01,,P,W,2026-01-02\n")
		if _, err := s.CaseOf(ctx, mco, member("M1")); err != nil {
			t.Fatal(err)
		}
		importText(t, s, "p", "enrollment", spanHead+"M1,2026-01-01,2025-12-31,P,W,2026-01-03\n")
		if _, err := s.CaseOf(ctx, mco, member("M1")); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("retracted: %v", err)
		}
		importText(t, s, "p", "enrollment", spanHead+"M1,2026-01-01,2026-12-31,P,W,2026-01-01\n") // older than the retraction
		if _, err := s.CaseOf(ctx, mco, member("M1")); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("an older row after the retraction: %v", err)
		}
	})
}

// busyDesk always has somebody at it.
type busyDesk struct{}

func (busyDesk) Yield()     {}
func (busyDesk) Busy() bool { return true }

func TestRangesOfBucketsGiveTheSameCases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var text strings.Builder
		text.WriteString(serviceHead)
		for i := range 2900 {
			fmt.Fprintf(&text, "L%d,,M%d,1,H2021,2026-01-05,4,,,\n", i, i%70)
		}
		importText(t, s, "p", "service", text.String())
		all := verdicts(t, s, known(t, s), 256)
		for _, step := range []int{1, 32} {
			if d := cmp.Diff(all, verdicts(t, s, known(t, s), step)); d != "" {
				t.Errorf("ranges of %d buckets: %s", step, d)
			}
		}
		if n := len(slices.Collect(maps.Keys(all))); n != 2900 {
			t.Errorf("%d lines, want 2900", n)
		}
		s.Live = busyDesk{}
		if d := cmp.Diff(all, verdicts(t, s, known(t, s), 256)); d != "" {
			t.Errorf("beside live traffic: %s", d)
		}
	})
}
