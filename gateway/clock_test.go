package gateway_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

func newYork(t interface{ Fatal(...any) }) *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func at(t interface{ Fatal(...any) }, text string) time.Time {
	out, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDueMoments: calendar days keep the wall clock across the changes of the
// clocks and the ends of months; hours are hours.
func TestDueMoments(t *testing.T) {
	zone := newYork(t)
	for name, c := range map[string]struct {
		start, due string
		expedited  bool
		extension  int
		rule       gateway.ClockRule
	}{
		"standard":                        {start: "2026-05-04T15:30:00Z", due: "2026-05-11T15:30:00Z"},
		"spring: an hour less":            {start: "2026-03-05T15:30:00Z", due: "2026-03-12T14:30:00Z"},
		"autumn: an hour more":            {start: "2026-10-29T14:30:00Z", due: "2026-11-05T15:30:00Z"},
		"expedited, spring":               {start: "2026-03-07T15:30:00Z", due: "2026-03-10T15:30:00Z", expedited: true},
		"end of February":                 {start: "2026-02-24T12:00:00Z", due: "2026-03-03T12:00:00Z"},
		"extended":                        {start: "2026-05-04T15:30:00Z", due: "2026-05-25T15:30:00Z", extension: 14},
		"extended beyond what is allowed": {start: "2026-05-04T15:30:00Z", due: "2026-05-25T15:30:00Z", extension: 30},
		"before 2026":                     {start: "2025-12-20T15:30:00Z", due: "2026-01-03T15:30:00Z"},
		"a day that is still 2025 there":  {start: "2026-01-01T03:00:00Z", due: "2026-01-15T03:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			start := at(t, c.start)
			rule, ok := gateway.DefaultClocks().For("mco", ledger.DayOf(start.In(zone)))
			if !ok {
				t.Fatal("no rule")
			}
			due, _ := rule.Due(start, c.expedited, c.extension, zone)
			if !due.Equal(at(t, c.due)) {
				t.Errorf("due %s, want %s", due.UTC().Format(time.RFC3339), c.due)
			}
		})
	}
}

// TestClockLaws: a due moment lies the stated calendar days later on the payer's
// calendar; an extension never makes it earlier nor longer than the rule; the
// state only moves on.
func TestClockLaws(t *testing.T) {
	zones := []string{"America/New_York", "America/Chicago", "Pacific/Honolulu", "UTC", "America/Anchorage"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Unix(rapid.Int64Range(1_767_225_600, 1_900_000_000).Draw(t, "start"), 0)
		rule := gateway.ClockRule{StandardDays: rapid.IntRange(1, 30).Draw(t, "days"), ExpeditedHours: 72, ExtensionDays: rapid.IntRange(0, 14).Draw(t, "may")}
		asked := rapid.IntRange(-3, 30).Draw(t, "asked")
		plain, _ := rule.Due(start, false, 0, zone)
		if days := ledger.DayOf(plain.In(zone)) - ledger.DayOf(start.In(zone)); int(days) != rule.StandardDays {
			t.Fatalf("%d calendar days, want %d", days, rule.StandardDays)
		}
		due, extended := rule.Due(start, false, asked, zone)
		if extended < 0 || extended > rule.ExtensionDays || due.Before(plain) {
			t.Fatalf("extended by %d of %d days", extended, rule.ExtensionDays)
		}
		c := gateway.Clock{Start: start, Due: due}
		order := map[gateway.ClockState]int{gateway.OnTime: 0, gateway.Warning: 1, gateway.Late: 2}
		last := 0
		for h := 0; h < 24*60; h += 7 {
			now := order[c.State(start.Add(time.Duration(h)*time.Hour))]
			if now < last {
				t.Fatal("the state went back")
			}
			last = now
		}
		if got := c.Alert(due); got != 100 {
			t.Fatalf("alert %d when due", got)
		}
	})
}

// TestClockTableFinds the payer's own dated rule before the general one.
func TestClockTableFinds(t *testing.T) {
	day := func(text string) ledger.Day { d, _ := ledger.ParseDay(text); return d }
	table := append(gateway.ClockTable{{Payer: "strict", From: day("2026-07-01"), StandardDays: 3}, {Payer: "strict", From: day("2027-01-01"), StandardDays: 2}}, gateway.DefaultClocks()...)
	for _, c := range []struct {
		payer gateway.PartnerID
		on    string
		want  int
	}{{"strict", "2026-06-30", 7}, {"strict", "2026-07-01", 3}, {"strict", "2027-03-01", 2}, {"other", "2027-03-01", 7}, {"other", "2025-03-01", 14}} {
		if rule, ok := table.For(c.payer, day(c.on)); !ok || rule.StandardDays != c.want {
			t.Errorf("%s on %s: %d days, want %d", c.payer, c.on, rule.StandardDays, c.want)
		}
	}
}

// TestClocksOfRevisions: each submission has its own clock; it stops with the
// last item, waits through a pended answer, and an early decision stays the stop
// when the payer changes its mind.
func TestClocksOfRevisions(t *testing.T) {
	first, second := at(t, "2026-05-04T10:00:00Z"), at(t, "2026-05-20T10:00:00Z")
	answer := func(revision int, when, action string) gateway.ItemAnswer {
		return gateway.ItemAnswer{Revision: revision, At: at(t, when), Action: action}
	}
	a := &gateway.Authorization{Payer: "mco", Revisions: []gateway.Revision{{Message: "m1", At: first}, {Message: "m2", At: second, Urgent: true}}, Items: []gateway.AuthItem{
		{Sequence: 1, Revision: 1, Answers: []gateway.ItemAnswer{answer(1, "2026-05-05T10:00:00Z", "A4"), answer(1, "2026-05-06T10:00:00Z", "A1"), answer(1, "2026-05-30T10:00:00Z", "A3")}},
		{Sequence: 2, Revision: 2, Answers: []gateway.ItemAnswer{answer(1, "2026-05-15T10:00:00Z", "A6")}}}}
	clocks := gateway.DefaultClocks().Clocks(a, time.UTC, nil)
	if len(clocks) != 2 {
		t.Fatalf("%d clocks", len(clocks))
	}
	if c := clocks[0]; !c.Stop.Equal(at(t, "2026-05-15T10:00:00Z")) || c.State(second) != gateway.Missed {
		t.Errorf("the first: %+v", c)
	}
	if c := clocks[1]; !c.Stop.IsZero() || !c.Due.Equal(second.Add(72*time.Hour)) || gateway.Running(clocks).Revision != 2 {
		t.Errorf("the second: %+v", c)
	}
	received := func(m gateway.MessageID) time.Time { return at(t, "2026-05-04T16:00:00Z") }
	if c := gateway.DefaultClocks().Clocks(a, time.UTC, received)[0]; c.Start.Equal(first) {
		t.Error("the payer's own receipt does not start the clock")
	}
}
