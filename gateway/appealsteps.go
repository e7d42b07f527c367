package gateway

import (
	"slices"
	"time"

	"github.com/throughline/throughline/ledger"
)

// AcknowledgeAppeal has no federal figure (42 CFR 438.406(b)(1)): it is open until
// done, and has a clock where a rule sets one. ResolveAppeal: 30 calendar days, or
// 72 hours when expedited, and up to 14 days more (438.408(b), (c)). DecideHearing:
// 90 days from the filing of the plan's appeal, without the days the family took to
// ask, or 3 working days when expedited (431.244(f)). CarryOut: what was reversed
// is authorized within 72 hours (438.424(a)).
const (
	AcknowledgeAppeal NoticeKind = "acknowledge-appeal"
	ResolveAppeal     NoticeKind = "resolve-appeal"
	DecideHearing     NoticeKind = "decide-hearing"
	CarryOut          NoticeKind = "carry-out-reversal"
)

// AppealSteps are the steps of one appeal, with their clocks and outcomes; f are
// all filings of the child.
func (t ClockTable) AppealSteps(payer PartnerID, a *Appeal, f *Filings, zone *time.Location, now time.Time) []Notice {
	rule, ok := t.For(payer, ledger.DayOf(a.Filed.In(zone)))
	if !ok {
		return nil
	}
	if a.Level != PlanAppeal {
		return []Notice{rule.hearing(a, f.before(a), zone)}
	}
	return rule.planAppeal(a, f.after(a), zone, now)
}

func (r *ClockRule) planAppeal(a, hearing *Appeal, zone *time.Location, now time.Time) []Notice {
	filed := ledger.DayOf(a.Filed.In(zone))
	step := Notice{Item: a.About.Item, Appeal: a.ID, Record: a.ID, On: OnPayer, At: a.Filed, Cite: r.Cite}
	taken, resolved := step, step
	taken.Kind, taken.Done = AcknowledgeAppeal, a.Acknowledged
	if taken.Done.IsZero() {
		taken.Done = a.Resolved // whoever answers has taken it in
	}
	if r.AcknowledgeDays > 0 {
		taken.Due = endOf(filed+ledger.Day(r.AcknowledgeDays), zone)
	}
	resolved.Kind, resolved.Due, resolved.Done, resolved.Outcome = ResolveAppeal, r.resolveBy(a, zone), a.Resolved, a.Outcome
	out := []Notice{taken, resolved}
	if w, ok := r.hearingWindow(a, hearing, resolved.Due, zone); ok && !w.At.After(now) {
		out = append(out, w)
	}
	return out
}

// resolveBy is when a plan's appeal has to be resolved.
func (r *ClockRule) resolveBy(a *Appeal, zone *time.Location) time.Time {
	due := a.Filed.Add(time.Duration(r.ResolveHours) * time.Hour)
	if !a.Expedited {
		due = endOf(ledger.DayOf(a.Filed.In(zone))+ledger.Day(r.ResolveDays), zone)
	}
	return DueAfter(due, max(0, min(a.ExtendDays, r.ExtensionDays)), zone)
}

// hearingWindow opens with a resolution against the family, or when the plan lets
// its time pass (42 CFR 438.408(f)(1)(i)): then without an end.
func (r *ClockRule) hearingWindow(a, hearing *Appeal, due time.Time, zone *time.Location) (Notice, bool) {
	n := Notice{Kind: HearingWindow, Item: a.About.Item, Appeal: a.ID, On: OnFamily, At: a.Resolved, Cite: r.Cite}
	switch {
	case a.Open():
		n.At = due
	case a.Outcome == Upheld, a.Outcome == PartlyOverturned, a.Outcome == AppealDismissed:
		n.Due = endOf(ledger.DayOf(a.Resolved.In(zone))+ledger.Day(r.HearingDays), zone)
	default:
		return n, false
	}
	if hearing != nil {
		n.Done, n.Record = hearing.Filed, hearing.ID
	}
	return n, true
}

func (r *ClockRule) hearing(a, plan *Appeal, zone *time.Location) Notice {
	n := Notice{Kind: DecideHearing, Item: a.About.Item, Appeal: a.ID, Record: a.ID, On: OnState, At: a.Filed, Done: a.Resolved, Outcome: a.Outcome, Cite: r.Cite}
	filed := ledger.DayOf(a.Filed.In(zone))
	switch {
	case a.Expedited && r.HearingWorkdays > 0:
		n.Due = endOf(r.workdays(filed, r.HearingWorkdays), zone)
	case r.HearingDecideDays > 0:
		days := ledger.Day(r.HearingDecideDays)
		if plan != nil && !plan.Open() { // the plan's time counts, the family's does not
			days -= ledger.DayOf(plan.Resolved.In(zone)) - ledger.DayOf(plan.Filed.In(zone))
		}
		n.Due = endOf(filed+max(days, 0), zone)
	}
	return n
}

// workdays is the day some working days later: Saturdays, Sundays and the
// holidays of the rule do not count.
func (r *ClockRule) workdays(d ledger.Day, n int) ledger.Day {
	for n > 0 {
		d++
		if w := d.Time().Weekday(); w != time.Saturday && w != time.Sunday && !slices.Contains(r.Holidays, d) {
			n--
		}
	}
	return d
}

// reversal is the payer's step after an appeal or a hearing that gives something
// back: done by the next decision on the item that does not cut.
func (t ClockTable) reversal(a *Authorization, ap *Appeal, zone *time.Location) []Notice {
	rule, ok := t.For(a.Payer, ledger.DayOf(ap.Resolved.In(zone)))
	if !ap.Reverses() || !ok {
		return nil
	}
	var out []Notice
	for i := range a.Items {
		item := &a.Items[i]
		if !ap.About.Of(a, item.Sequence) {
			continue
		}
		n := Notice{Kind: CarryOut, Item: item.Sequence, Appeal: ap.ID, Record: ap.ID, On: OnPayer, At: ap.Resolved, Due: ap.Resolved.Add(time.Duration(rule.ReverseHours) * time.Hour), Cite: rule.Cite}
		if s := item.Standing(); s != nil && s.Action == Certified || s != nil && ap.Outcome == PartlyOverturned && !s.At.Before(ap.Resolved) {
			n.Done = s.At
			if n.Done.Before(n.At) {
				n.Done = n.At
			}
		}
		if cutBefore(item, ap.Resolved) {
			out = append(out, n)
		}
	}
	return out
}

// cutBefore says whether an item was denied or cut by a moment.
func cutBefore(i *AuthItem, at time.Time) bool {
	for n := range i.Answers {
		if a := &i.Answers[n]; Cuts(a.Action) && !a.At.After(at) {
			return true
		}
	}
	return false
}
