package gateway

import (
	"strconv"
	"time"

	"github.com/throughline/throughline/ledger"
)

// Notice is something the law gives a family, or asks of the payer, after a
// decision against it: it follows from the decision, the records of notices and
// appeals, and the dated rule, and has a clock of its own.
type Notice struct {
	Kind       NoticeKind `json:"kind"`
	Item       int        `json:"item,omitempty"` // 0 = the whole submission
	Appeal     string     `json:"appeal,omitempty"`
	On         Party      `json:"on"` // whom it waits for
	At         time.Time  `json:"at"` // when it arose
	Due        time.Time  `json:"due,omitzero"`
	Done       time.Time  `json:"done,omitzero"`    // zero = not yet
	Record     string     `json:"record,omitempty"` // id of the record that says so
	Outcome    string     `json:"outcome,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Reviewer   string     `json:"reviewer,omitempty"`
	Credential string     `json:"credential,omitempty"`
	Missing    bool       `json:"missing,omitempty"` // reason, reviewer or credential is: the notice is not what the law wants
	Cite       string     `json:"cite,omitempty"`
}

// Party is whom a step waits for.
type Party string

// OnFamily steps are rights: nobody is late when they pass unused.
const (
	OnPayer  Party = "payer"
	OnFamily Party = "family"
	OnState  Party = "state"
)

// NoticeKind is a kind of notice, window or step.
type NoticeKind string

// AdverseNotice: a denial or cut, due with the decision (42 CFR 438.404(c)(3)).
// AdvanceNotice: a cut of what was certified and still runs, 10 days before it
// takes effect (438.404(c)(1), 431.211); Due is the last day to send it, or, while
// no notice says when the cut takes effect, the earliest day it may. LateDenial: no
// decision in time counts as a denial on the day the time expires (438.404(c)(5)).
// The windows are the family's: to appeal (438.402(c)(2)(ii)), to ask that benefits
// continue meanwhile (438.420(a)), to ask for a fair hearing (438.408(f)(2)); the
// first two run from the notice, and while none went out they do not end.
const (
	AdverseNotice  NoticeKind = "adverse-notice"
	AdvanceNotice  NoticeKind = "advance-notice"
	LateDenial     NoticeKind = "late-denial"
	AppealWindow   NoticeKind = "appeal-window"
	ContinueWindow NoticeKind = "continue-window"
	HearingWindow  NoticeKind = "hearing-window"
)

// Open: nothing says by when. Used and Over are windows of the family that were
// used in time, or passed.
const (
	Open ClockState = "open"
	Used ClockState = "used"
	Over ClockState = "over"
)

// State says how a step stands at a moment: as a clock does, or open, used, over.
func (n *Notice) State(now time.Time) ClockState {
	c := Clock{Start: n.At, Due: n.Due, Stop: n.Done}
	switch {
	case n.Due.IsZero() && n.Done.IsZero():
		return Open
	case n.Due.IsZero() && n.On == OnFamily:
		return Used
	case n.Due.IsZero():
		return Met
	case n.On != OnFamily:
		return c.State(now)
	case !n.Done.IsZero() && n.Done.After(n.Due):
		return Missed
	case !n.Done.IsZero():
		return Used
	case now.After(n.Due):
		return Over
	}
	return Open
}

// Waits says whether somebody still has to do it, or may.
func (n *Notice) Waits(now time.Time) bool {
	return n.Done.IsZero() && n.State(now) != Over || n.Missing
}

// Flagged says whether something is wrong: late, or not what the law wants.
func (n *Notice) Flagged(now time.Time) bool {
	s := n.State(now)
	return n.Missing || s == Late || s == Missed
}

// Notices are what follows from the decisions in force, from clocks that ran out,
// and from what was filed, as of now: in order of the items, then of the appeals.
func (t ClockTable) Notices(a *Authorization, clocks []Clock, f Filings, zone *time.Location, now time.Time) (out []Notice) {
	f = f.Of(a)
	for i := range clocks {
		if s := clocks[i].State(now); s == Late || s == Missed {
			out = append(out, t.undecided(a, &clocks[i], &f, zone)...)
		}
	}
	for i := range a.Items {
		item := &a.Items[i]
		if s := item.Standing(); s != nil && Cuts(s.Action) {
			out = append(out, t.against(a, item, s, clocks, &f, zone)...)
		}
	}
	for i := range f.Appeals {
		out = append(out, t.AppealSteps(a.Payer, &f.Appeals[i], &f, zone, now)...)
		out = append(out, t.reversal(a, &f.Appeals[i], zone)...)
	}
	return out
}

// undecided is what follows from a decision that did not come in time: a denial on
// the day that the time expired, which can be appealed until it is mended.
func (t ClockTable) undecided(a *Authorization, c *Clock, f *Filings, zone *time.Location) []Notice {
	rule, ok := t.For(a.Payer, ledger.DayOf(c.Due.In(zone)))
	n := Notice{Kind: LateDenial, On: OnPayer, At: c.Due, Due: c.Due, Done: c.Stop, Cite: rule.Cite}
	sent := f.noticeOf(a, 0, ledger.DayOf(c.Due.In(zone)))
	if sent != nil && n.Done.IsZero() {
		n.Done, n.Record = sent.Sent, sent.ID
	}
	if !ok || !c.Stop.IsZero() {
		return []Notice{n}
	}
	return []Notice{n, rule.window(c.Due, 0, sent, f.first(a, 0, ledger.DayOf(c.Due.In(zone))), zone)}
}

// against is what follows from a denial or a cut of one item.
func (t ClockTable) against(a *Authorization, item *AuthItem, s *ItemAnswer, clocks []Clock, f *Filings, zone *time.Location) []Notice {
	day := ledger.DayOf(s.At.In(zone))
	rule, ok := t.For(a.Payer, day)
	if !ok {
		return nil
	}
	sent, appeal := f.noticeOf(a, item.Sequence, day), f.first(a, item.Sequence, day)
	n := Notice{Kind: AdverseNotice, Item: item.Sequence, On: OnPayer, At: s.At, Due: s.At, Reason: s.Note, Reviewer: s.Reviewer, Credential: s.Credential,
		Missing: s.Note == "" && len(s.Reasons) == 0 || s.Reviewer == "" || s.Credential == "", Cite: rule.Cite}
	for i := range clocks {
		if c := &clocks[i]; c.Revision == s.Revision && c.Due.After(s.At) {
			n.Due = c.Due
		}
	}
	running := item.running(s)
	if running {
		n.Kind, n.Due = AdvanceNotice, DueAfter(s.At, rule.AdvanceDays, zone)
	}
	if sent != nil {
		n.Done, n.Record, n.Missing = sent.Sent, sent.ID, sent.Missing()
		n.Reason, n.Reviewer, n.Credential = sent.Reason, sent.Reviewer, sent.Credential
		if running && sent.Effective != ledger.NoDay {
			n.Due = endOf(sent.Effective-ledger.Day(rule.advance(sent.Exception)), zone)
		}
	}
	out := []Notice{n}
	if running {
		out = append(out, rule.continuing(s.At, item.Sequence, sent, appeal, zone))
	}
	return append(out, rule.window(s.At, item.Sequence, sent, appeal, zone))
}

// advance is how many days before a cut its notice goes out (42 CFR 431.211), or
// where an exception of 431.213 or 431.214 holds.
func (r *ClockRule) advance(exception string) int {
	switch exception {
	case "":
		return r.AdvanceDays
	case "fraud":
		return min(r.FraudDays, r.AdvanceDays)
	}
	return 0
}

// window is the time to appeal.
func (r *ClockRule) window(at time.Time, item int, sent *SentNotice, appeal *Appeal, zone *time.Location) Notice {
	n := Notice{Kind: AppealWindow, Item: item, On: OnFamily, At: at, Cite: r.Cite}
	if sent != nil {
		n.At, n.Due = sent.Sent, endOf(ledger.DayOf(sent.Sent.In(zone))+ledger.Day(r.AppealDays), zone)
	}
	if appeal != nil {
		n.Done, n.Record = appeal.Filed, appeal.ID
	}
	return n
}

// continuing is the time to ask that benefits continue: ten days after the notice
// was sent, or until the cut takes effect, whichever is later (42 CFR 438.420(a)).
func (r *ClockRule) continuing(at time.Time, item int, sent *SentNotice, appeal *Appeal, zone *time.Location) Notice {
	n := Notice{Kind: ContinueWindow, Item: item, On: OnFamily, At: at, Cite: r.Cite}
	if sent != nil {
		n.At, n.Due = sent.Sent, endOf(max(ledger.DayOf(sent.Sent.In(zone))+ledger.Day(r.ContinueDays), later(sent.Effective)), zone)
	}
	if appeal != nil && appeal.Continued != nil {
		n.Done, n.Record, n.Outcome = startOf(appeal.Continued.Asked, zone), appeal.ID, appeal.Continued.Status
	}
	return n
}

// later is a day that may not be stated, for max.
func later(d ledger.Day) ledger.Day {
	if d == ledger.NoDay {
		return 0
	}
	return d
}

// startOf and endOf are the first and the last second of a day in a zone.
func startOf(d ledger.Day, zone *time.Location) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
}

func endOf(d ledger.Day, zone *time.Location) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 23, 59, 59, 0, zone)
}

// noticeOf is the notice of a decision: the latest about the item that says that
// day, or went out since; nil while none has.
func (f *Filings) noticeOf(a *Authorization, item int, on ledger.Day) (found *SentNotice) {
	for i := range f.Notices {
		if n := &f.Notices[i]; n.Determined >= on && n.About.Of(a, item) {
			found = n
		}
	}
	return found
}

// first is the first appeal of a decision.
func (f *Filings) first(a *Authorization, item int, on ledger.Day) *Appeal {
	for i := range f.Appeals {
		if ap := &f.Appeals[i]; ap.Determined >= on && ap.About.Of(a, item) {
			return ap
		}
	}
	return nil
}

// running says whether an answer cuts what an earlier one certified and what had
// not ended by then.
func (i *AuthItem) running(s *ItemAnswer) bool {
	on := s.At.Format(time.DateOnly)
	for n := range i.Answers {
		was := &i.Answers[n]
		if was.Compare(s) >= 0 || was.Action != Certified && was.Action != Modified && was.Action != CertifiedIn {
			continue
		}
		end := was.End
		if end == "" {
			end = i.Asked.End
		}
		if end == "" || end >= on {
			return true
		}
	}
	return false
}

// Key names a step among those of its request.
func (n *Notice) Key() string {
	return string(n.Kind) + "/" + strconv.Itoa(n.Item) + "/" + n.Appeal
}
