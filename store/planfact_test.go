package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// planOf is the message of a plan that promises these codes.
func planMessage(t *testing.T, member, id string, at time.Time, codes ...string) *gateway.Receipt {
	t.Helper()
	p := ledger.Plan{Partner: "clinic-a", ID: id, Kind: ledger.CarePlan, Status: "active", Program: "w", Start: asOf - 100, End: ledger.Forever, Received: ledger.StampOf(at)}
	for _, code := range codes {
		p.Items = append(p.Items, ledger.PlanItem{ID: "s-" + code, Code: code, Modifiers: "HA\tx", Auth: "A1", Units: "2.5", Unit: "UN", Per: "week", Provider: "N1", Organization: "N2",
			Role: "clinician", Start: ledger.NoDay, End: asOf})
	}
	r := message("clinic-a", "", create(t, patient(member)))
	r.Mapped.Facts.Plans = []gateway.PlanFact{{Member: gateway.Identifier{System: memberSystem, Value: member}, Plan: p}}
	return r
}

// plansOf are the plans of every case, as StreamCases hands them out.
func plansOf(t *testing.T, s *store.Store) (out []ledger.Plan) {
	t.Helper()
	err := s.StreamCases(context.Background(), 0, store.Buckets-1, known(t, s), func(c *ledger.Case) error {
		out = append(out, c.Plans...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPlansAreKeptWholeAndInVersions(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
		first := planMessage(t, "M1", "P1", day(1), "H2021", "T1016")
		want := first.Mapped.Facts.Plans[0].Plan
		commit(t, s, first)
		commit(t, s, planMessage(t, "M1", "P1", day(2), "H2021", "T1016")) // says the same
		commit(t, s, planMessage(t, "M1", "P1", day(3), "T1016"))
		got := plansOf(t, s)
		if len(got) != 2 {
			t.Fatalf("%d versions, want 2", len(got))
		}
		for i := range want.Items {
			want.Items[i].Modifiers = "HA x" // a tab in a field is a blank
		}
		want.Seq = got[0].Seq
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Error(diff)
		}
		if len(got[1].Items) != 1 || got[1].Received != ledger.StampOf(day(3)) {
			t.Errorf("the later version: %+v", got[1])
		}
	})
}

// A plan that was first sent for the wrong child promises that child nothing.
func TestAPlanThatMovesHidesItsOlderVersions(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		commit(t, s, planMessage(t, "M1", "P1", time.Unix(10, 0), "H2021"))
		commit(t, s, planMessage(t, "M2", "P1", time.Unix(20, 0), "H2021"))
		own, foreign := 0, 0
		for _, p := range plansOf(t, s) {
			if p.Foreign {
				foreign++
			} else {
				own++
			}
		}
		if own != 2 || foreign != 2 {
			t.Errorf("%d own and %d foreign versions, want each child's own and the other's", own, foreign)
		}
		found := 0
		err := s.StreamCases(context.Background(), 0, store.Buckets-1, known(t, s), func(c *ledger.Case) error {
			found += len(ledger.Settle(c, asOf, nil).Found)
			return nil
		})
		if err != nil || found != 3 { // not authorized, not delivered, no team: of the second child alone
			t.Errorf("%d findings, want 3: %v", found, err)
		}
	})
}

func TestFindingsAreKeptByRun(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		commit(t, s, planMessage(t, "M1", "P1", time.Unix(10, 0), "H2021"))
		ctx := context.Background()
		run, err := s.BeginRun(ctx, ledger.RunSpec{AsOf: asOf, Rules: "r", Zone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		for {
			part, open, err := s.ClaimPart(ctx, run, time.Minute)
			if err != nil || part == nil && open > 0 {
				t.Fatal(err, open)
			}
			if part == nil {
				break
			}
			err = s.SavePart(ctx, part, func(add func(*ledger.Case, *ledger.Result)) (*ledger.Tally, error) {
				tally := ledger.NewTally()
				return tally, s.StreamCases(ctx, part.Lo, part.Hi, run.Known, func(c *ledger.Case) error {
					r := ledger.Settle(c, asOf, nil)
					tally.Add(c, r, asOf, ledger.DefaultRules())
					add(c, r)
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if run, err = s.FinishRun(ctx, run.ID); err != nil || !run.Published {
			t.Fatal(err, run)
		}
		var got []string
		err = s.EachFinding(ctx, run, func(f *ledger.FindingRow) error {
			if f.Person == "" || f.Seq == 0 || f.Reason == "" || f.Partner != "clinic-a" || f.Ref != "P1" {
				t.Errorf("%+v", f)
			}
			got = append(got, string(f.Kind)+" "+f.Item)
			return nil
		})
		if diff := cmp.Diff([]string{"no_team ", "planned_not_authorized s-H2021", "planned_not_delivered s-H2021"}, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if n := run.Summary.Findings[ledger.NoTeam]; n != 1 || run.Summary.PlanRows != 1 {
			t.Errorf("summary: %+v", run.Summary.Tally)
		}
	})
}

// The schema before plans, with an authorization and a run in it.
func TestMigrationToPlans(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s, err := store.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.MigrateTo(ctx, 7); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			`insert into auth_fact (bucket, person, partner, id, known, received, start_day, end_day, units, cap_units, pending, member, provider, code, modifiers, unit, status, cap_period, program, payer)
				values (0, '00a', 'p', 'A1', 1, 0, 20000, 30000, 10, 0, 0, 'M', '', 'H2021', '', '', 'approved', '', '', '')`,
			`insert into run (id, no, as_of, known, rules, zone, state, parts, rows, started) values ('r1', 3, 20000, 1, 'x', 'UTC', 'running', 1, 0, 0)`,
		} {
			if err := s.Exec(ctx, text); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(ctx, `insert into run_finding (run, bucket, days, known, person, kind, partner, ref, item, code, provider, program, payer, reason)
			values (3, 0, 0, 1, '00a', 'no_plan', 'p', 'T', '', '', '', '', '', '')`); err != nil {
			t.Errorf("a run that was there before cannot find anything: %v", err)
		}
		cases := 0
		err = s.StreamCases(ctx, 0, 0, 1, func(c *ledger.Case) error {
			cases++
			if a := c.Auths[0]; a.Units != 10 || a.CountedTo != 0 {
				t.Errorf("%+v", a)
			}
			return nil
		})
		if err != nil || cases != 1 {
			t.Errorf("%d cases: %v", cases, err)
		}
	})
}
