package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

func day(t testing.TB, text string) ledger.Day {
	t.Helper()
	d, err := ledger.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// say commits facts as a message of a partner brings them.
func say(t testing.TB, s *store.Store, partner string, f gateway.Facts) {
	t.Helper()
	r := message(partner, "")
	r.Mapped.Facts = f
	if _, err := s.Commit(context.Background(), r); err != nil {
		t.Fatal(err)
	}
}

// claimLine is line 1 of claim C, said to be sent at the stamp.
func claimLine(t testing.TB, id string, sent ledger.Stamp, change func(*ledger.Line)) gateway.Facts {
	l := ledger.Line{Partner: "clinic", ID: id, ClaimID: "C", Provider: "1", Code: "H2021", Date: day(t, "2026-01-05"), DateText: "2026-01-05", Units: ledger.Whole(4), Frequency: 1, Received: sent}
	if change != nil {
		change(&l)
	}
	return gateway.Facts{Lines: []gateway.LineFact{{Member: member("M1"), Line: l}}}
}

func advice(line, reason string, said ledger.Stamp) gateway.Facts {
	return gateway.Facts{Advices: []gateway.AdviceFact{{Member: member("M1"), Advice: ledger.Advice{Partner: "mco", Claim: "C", Line: line, Date: ledger.NoDay, Reason: reason, Received: said}}}}
}

func covered(t testing.TB, s *store.Store) {
	importText(t, s, "state", "enrollment", spanHead+"M1,2026-01-01,,P,,\n")
	importText(t, s, "state", "authorization", authHead+"A,M1,,H2021,2026-01-01,,40,approved,P,\n")
}

// TestDenial walks a line through what its payer says, in both orders of
// arrival: the denial of a line that is there, its reversal, a denial that comes
// before its line, and the line sent again after it.
func TestDenial(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		covered(t, s)
		expect := func(what string, want map[string]string) {
			t.Helper()
			if diff := cmp.Diff(want, verdicts(t, s, known(t, s), store.Buckets)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		original := claimLine(t, "C-1", 10, nil)
		say(t, s, "clinic", original)
		before := known(t, s)
		say(t, s, "mco", advice("1", "CO-197", 20))
		expect("denied", map[string]string{"clinic/C-1": "denied"})
		if diff := cmp.Diff(map[string]string{"clinic/C-1": "matched"}, verdicts(t, s, before, store.Buckets)); diff != "" {
			t.Errorf("what was known before the denial changed:\n%s", diff)
		}
		say(t, s, "clinic", original)
		expect("the same line again", map[string]string{"clinic/C-1": "denied"})
		say(t, s, "mco", advice("C-1", "", 30))
		expect("taken back", map[string]string{"clinic/C-1": "matched"})
		say(t, s, "mco", advice("1", "CO-197", 20))
		expect("the first word again", map[string]string{"clinic/C-1": "matched"})

		say(t, s, "mco", advice("2", "CO-18", 40))
		late := func(l *ledger.Line) { l.Units = ledger.Whole(3) }
		say(t, s, "clinic", claimLine(t, "C-2", 35, late))
		expect("denied before it came", map[string]string{"clinic/C-1": "matched", "clinic/C-2": "denied"})
		say(t, s, "clinic", claimLine(t, "C-2/7", 50, func(l *ledger.Line) { l.Frequency, l.Replaces, l.Units = 7, "C-2", ledger.Whole(2) }))
		expect("replaced after the denial, without line 1", map[string]string{"clinic/C-1": "voided", "clinic/C-1/8": "void", "clinic/C-2": "replaced", "clinic/C-2/7": "matched"})
	})
}

// TestDenialWithoutReceivedTimes: rows of a table without received times keep
// their denial when the table is imported again, and a second word of one
// message about one service is no clash.
func TestDenialWithoutReceivedTimes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		covered(t, s)
		table := serviceHead + "L1,C,M1,1,H2021,2026-01-05,4,,,\nL2,C,M1,1,H2021,2026-01-06,4,,,\n"
		importText(t, s, "clinic", "service", table)
		word := ledger.Advice{Partner: "mco", Claim: "C", Code: "H2021", Date: day(t, "2026-01-06"), Reason: "CO-16", Received: 20}
		twice := word
		twice.Reason = "CO-97"
		say(t, s, "mco", gateway.Facts{Advices: []gateway.AdviceFact{{Member: member("M1"), Advice: word}, {Member: member("M1"), Advice: twice}}})
		want(t, "another file with the same rows", importText(t, s, "clinic", "service", table+"\n"), 0, 2)
		if diff := cmp.Diff(map[string]string{"clinic/L1": "matched", "clinic/L2": "denied"}, verdicts(t, s, known(t, s), store.Buckets)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestSpanEnds: a termination without a start ends the span that is known, also
// one of the same message, and nothing else.
func TestSpanEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		span := func(payer, program string, start, end ledger.Day, sent ledger.Stamp) gateway.SpanFact {
			return gateway.SpanFact{Member: member("M1"), Span: ledger.Span{Partner: "state", Payer: payer, Program: program, Start: start, End: end, Received: sent}}
		}
		jan, feb, mar := day(t, "2026-01-01"), day(t, "2026-02-28"), day(t, "2026-03-31")
		say(t, s, "state", gateway.Facts{Spans: []gateway.SpanFact{span("P", "", jan, ledger.Forever, 1), span("P", "W", jan, ledger.Forever, 1), span("Q", "", jan, ledger.Forever, 1)}})
		say(t, s, "state", gateway.Facts{Spans: []gateway.SpanFact{span("P", "W", ledger.NoDay, feb, 2)}})
		say(t, s, "state", gateway.Facts{Spans: []gateway.SpanFact{span("R", "", feb, ledger.Forever, 3), span("R", "", ledger.NoDay, mar, 3), span("S", "", ledger.NoDay, mar, 3)}})
		c, err := s.CaseOf(context.Background(), callerOf("state"), member("M1"))
		if err != nil {
			t.Fatal(err)
		}
		got, sent := map[string]ledger.Day{}, map[string]ledger.Stamp{}
		for _, sp := range c.Spans {
			if key := sp.Payer + "|" + sp.Program; sp.Received >= sent[key] {
				got[key], sent[key] = sp.End, sp.Received
			}
		}
		if diff := cmp.Diff(map[string]ledger.Day{"P|": ledger.Forever, "P|W": feb, "Q|": ledger.Forever, "R|": mar}, got); diff != "" {
			t.Error(diff)
		}
	})
}
