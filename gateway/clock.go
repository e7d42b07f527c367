package gateway

import (
	"slices"
	"time"

	"github.com/throughline/throughline/ledger"
)

// ClockRule is what binds a payer from one date to another. The law gives the
// outer bounds, a state or a contract may be stricter: every figure is dated
// configuration (authorizations.clocks).
type ClockRule struct {
	Payer          PartnerID  // empty = every payer without a rule of its own
	From, To       ledger.Day // days of receipt, both inclusive; 0 = open
	StandardDays   int        // calendar days to decide (42 CFR 438.210(d)(1): 7 from 2026 on)
	ExpeditedHours int        // hours to decide (438.210(d)(2): 72)
	ExtensionDays  int        // further calendar days the payer may take (438.210(d)(1)(ii): 14); 0 = none
	AdvanceDays    int        // notice before a running service is cut (438.404(c)(1) by 431.211: 10)
	AppealDays     int        // to appeal after the notice (438.402(c)(2)(ii): 60)
	ResolveDays    int        // to resolve a standard appeal (438.408(b)(2): 30)
	ResolveHours   int        // to resolve an expedited one (438.408(b)(3): 72)
	HearingDays    int        // to ask for a fair hearing after the resolution (438.408(f)(2): 120)
	ContinueDays   int        // to ask that benefits continue (438.420(a)): after the notice

	FraudDays         int // notice before a cut for probable fraud (431.214: 5)
	AcknowledgeDays   int // to acknowledge an appeal; 0 = not set: the federal rule has no figure (438.406(b)(1))
	ReverseHours      int // to authorize what was reversed (438.424(a): 72)
	HearingDecideDays int // to decide a fair hearing (431.244(f)(1): 90 from the plan's appeal)
	HearingWorkdays   int // to decide an expedited one (431.244(f)(2): 3 working days)

	Holidays []ledger.Day // no working days, beside Saturdays and Sundays; they are the state's
	Cite     string       // where the figures come from
}

// ClockTable is all rules, dated and by payer.
type ClockTable []ClockRule

// DefaultClocks are the figures of the federal rules for Medicaid managed care
// (438.210(d), 438.402 to 438.424, 431.211 to 431.244) and, by 440.230 and 457.1230, of fee
// for service and CHIP; before 2026 a standard decision had 14 days.
func DefaultClocks() ClockTable {
	day := func(text string) ledger.Day { d, _ := ledger.ParseDay(text); return d }
	before := ClockRule{To: day("2025-12-31"), StandardDays: 14, ExpeditedHours: 72, ExtensionDays: 14, AdvanceDays: 10, AppealDays: 60,
		ResolveDays: 30, ResolveHours: 72, HearingDays: 120, ContinueDays: 10,
		FraudDays: 5, ReverseHours: 72, HearingDecideDays: 90, HearingWorkdays: 3, Cite: "42 CFR 438.210(d) before 2026"}
	now := before
	now.From, now.To, now.StandardDays = day("2026-01-01"), 0, 7
	now.Cite = "42 CFR 438.210(d), 440.230, 457.1230, 438.402 to 438.424, 431.211 to 431.214, 431.244"
	return ClockTable{before, now}
}

// For finds the rule of a payer on a day: its own before the general one, the
// later start before the earlier. ok is false when there is none.
func (t ClockTable) For(p PartnerID, on ledger.Day) (rule ClockRule, ok bool) {
	for _, r := range t {
		if r.Payer != "" && r.Payer != p || on < r.From || r.To != 0 && on > r.To {
			continue
		}
		if !ok || r.Payer != "" && rule.Payer == "" || r.Payer == rule.Payer && r.From > rule.From {
			rule, ok = r, true
		}
	}
	return rule, ok
}

// Clock is the time a payer has for one submission: it starts when the payer has
// received it and stops with the decision on the last of its items.
type Clock struct {
	Revision  int       `json:"revision"` // 1-based
	Start     time.Time `json:"start"`
	Due       time.Time `json:"due"`
	Stop      time.Time `json:"stop,omitzero"` // zero = it runs
	Expedited bool      `json:"expedited,omitempty"`
	Extended  int       `json:"extended,omitempty"` // calendar days
	Cite      string    `json:"cite"`
}

// ClockState is how a clock stands.
type ClockState string

// The states of a clock: it runs (in time, near its end, past it), or it has
// stopped (in time, or too late). Late is treated as a denial that can be
// appealed (42 CFR 438.404(c)(5)).
const (
	OnTime  ClockState = "on-time"
	Warning ClockState = "warning"
	Late    ClockState = "late"
	Met     ClockState = "met"
	Missed  ClockState = "missed"
)

// alerts are the shares of the time, in percent, at which people are told.
var alerts = [...]int{100, 80, 50}

// Share is how much of the time has gone, in percent.
func (c *Clock) Share(now time.Time) int {
	if !c.Stop.IsZero() {
		now = c.Stop
	}
	whole := c.Due.Sub(c.Start)
	if whole <= 0 {
		return 100
	}
	return int(max(0, now.Sub(c.Start)) * 100 / whole)
}

// Alert is the highest share that was reached: 0, 50, 80 or 100.
func (c *Clock) Alert(now time.Time) int {
	share := c.Share(now)
	for _, a := range alerts {
		if share >= a {
			return a
		}
	}
	return 0
}

// State says how the clock stands at a moment.
func (c *Clock) State(now time.Time) ClockState {
	switch {
	case !c.Stop.IsZero() && c.Stop.After(c.Due):
		return Missed
	case !c.Stop.IsZero():
		return Met
	case now.After(c.Due):
		return Late
	case c.Alert(now) >= 80:
		return Warning
	}
	return OnTime
}

// Left is the time to the due moment; negative when it has passed.
func (c *Clock) Left(now time.Time) time.Duration { return c.Due.Sub(now) }

// DueAfter is a moment some calendar days later: the same wall-clock time in the
// zone, so that a change of the clocks neither gives nor takes an hour of the
// last day. A time that the clocks skip is the same time an hour beside.
func DueAfter(start time.Time, days int, zone *time.Location) time.Time {
	return start.In(zone).AddDate(0, 0, days)
}

// Due is when a decision is due, and how many days of an extension count: never
// more than the rule allows, and none of an expedited clock's that the rule does
// not give.
func (r *ClockRule) Due(start time.Time, expedited bool, extension int, zone *time.Location) (due time.Time, extended int) {
	extended = max(0, min(extension, r.ExtensionDays))
	if expedited {
		due = start.Add(time.Duration(r.ExpeditedHours) * time.Hour)
	} else {
		due = DueAfter(start, r.StandardDays, zone)
	}
	if extended > 0 {
		due = DueAfter(due, extended, zone)
	}
	return due, extended
}

// Clocks are the clocks of an authorization, one for each of its submissions
// that asks for something. received says when the payer received a submission;
// zero: it has not said so, and the moment the gateway took it in counts, which
// errs on the child's side. A submission under no rule has no clock.
func (t ClockTable) Clocks(a *Authorization, zone *time.Location, received func(MessageID) time.Time) (out []Clock) {
	for n := range a.Revisions {
		r := &a.Revisions[n]
		stop, asks := a.decidedOf(n + 1)
		if !asks {
			continue
		}
		start := r.At
		if received != nil {
			if at := received(r.Message); !at.IsZero() {
				start = at
			}
		}
		rule, ok := t.For(a.Payer, ledger.DayOf(start.In(zone)))
		if !ok {
			continue
		}
		c := Clock{Revision: n + 1, Start: start, Stop: stop, Expedited: r.Urgent, Cite: rule.Cite}
		days := 0
		if r.Extended != nil {
			days = r.Extended.Days
		}
		c.Due, c.Extended = rule.Due(start, r.Urgent, days, zone)
		out = append(out, c)
	}
	return out
}

// decidedOf is when the last item of a revision was first decided; zero while
// one waits. asks is false for a revision that asks for nothing: a cancellation.
func (a *Authorization) decidedOf(revision int) (stop time.Time, asks bool) {
	for i := range a.Items {
		item := &a.Items[i]
		own := item.Revision == revision && !item.Cancelled
		at := item.firstDecision(revision)
		switch {
		case own && at.IsZero():
			return a.Revisions[revision-1].failedAt(), true
		case !own && (item.Revision < revision || at.IsZero()):
			continue
		}
		asks = true
		if at.After(stop) {
			stop = at
		}
	}
	return stop, asks
}

// failedAt is when the payer said that it could not process the submission:
// there is nothing to decide then.
func (r *Revision) failedAt() time.Time {
	if len(r.Errors) > 0 {
		return r.ErrorAt
	}
	return time.Time{}
}

// firstDecision is when the item was first decided as that revision asked it.
func (i *AuthItem) firstDecision(revision int) (first time.Time) {
	for n := range i.Answers {
		ans := &i.Answers[n]
		if ans.Revision != revision && (ans.Revision < revision || i.Revision != revision) || !ans.Decides() {
			continue
		}
		if first.IsZero() || ans.At.Before(first) {
			first = ans.At
		}
	}
	return first
}

// Decides says whether an answer ends the waiting.
func (a *ItemAnswer) Decides() bool {
	return !slices.Contains([]string{PendedAction, ContactPayer}, a.Action)
}

// Running is the clock that waits for the payer, nil when none does.
func Running(clocks []Clock) *Clock {
	for i := range slices.Backward(clocks) {
		if clocks[i].Stop.IsZero() {
			return &clocks[i]
		}
	}
	return nil
}
