package gateway

import (
	"time"

	"github.com/throughline/throughline/ledger"
)

// Notice is something the law gives a family, or asks of the payer, after a
// decision against it: it follows from the decision and the dated rule, and has a
// clock of its own. Whether a letter went out is the payer's to know.
type Notice struct {
	Kind       NoticeKind `json:"kind"`
	Item       int        `json:"item,omitempty"` // 0 = the whole submission
	At         time.Time  `json:"at"`             // when it arose
	Due        time.Time  `json:"due"`            // last moment
	Reason     string     `json:"reason,omitempty"`
	Reviewer   string     `json:"reviewer,omitempty"`
	Credential string     `json:"credential,omitempty"`
	Missing    bool       `json:"missing,omitempty"` // reason or reviewer is: the notice cannot be written as the law wants it
}

// NoticeKind is a kind of notice.
type NoticeKind string

// AdverseNotice: a denial or cut, due with the decision (42 CFR 438.404(c)(3)).
// AdvanceNotice: a cut of what was certified and still runs; Due is the earliest
// day it may take effect (438.404(c)(1), 431.211). LateDenial: no decision in
// time counts as a denial on the day the time expires (438.404(c)(5)). The
// windows are the family's: to appeal (438.402(c)(2)(ii)), and to ask that
// benefits continue meanwhile (438.420(a)).
const (
	AdverseNotice  NoticeKind = "adverse-notice"
	AdvanceNotice  NoticeKind = "advance-notice"
	LateDenial     NoticeKind = "late-denial"
	AppealWindow   NoticeKind = "appeal-window"
	ContinueWindow NoticeKind = "continue-window"
)

// Notices are what follows from the decisions in force and from clocks that ran
// out, as of now, in order of the items.
func (t ClockTable) Notices(a *Authorization, clocks []Clock, zone *time.Location, now time.Time) (out []Notice) {
	for i := range clocks {
		c := &clocks[i]
		if s := c.State(now); s != Late && s != Missed {
			continue
		}
		out = append(out, Notice{Kind: LateDenial, At: c.Due, Due: c.Due})
		if rule, ok := t.For(a.Payer, ledger.DayOf(c.Due.In(zone))); ok {
			out = append(out, Notice{Kind: AppealWindow, At: c.Due, Due: DueAfter(c.Due, rule.AppealDays, zone)})
		}
	}
	for i := range a.Items {
		item := &a.Items[i]
		if s := item.Standing(); s != nil && Cuts(s.Action) {
			out = append(out, t.against(a, item, s, clocks, zone)...)
		}
	}
	return out
}

// against is what follows from a denial or a cut of one item.
func (t ClockTable) against(a *Authorization, item *AuthItem, s *ItemAnswer, clocks []Clock, zone *time.Location) []Notice {
	rule, ok := t.For(a.Payer, ledger.DayOf(s.At.In(zone)))
	if !ok {
		return nil
	}
	n := Notice{Kind: AdverseNotice, Item: item.Sequence, At: s.At, Due: s.At, Reason: s.Note, Reviewer: s.Reviewer, Credential: s.Credential,
		Missing: s.Note == "" && len(s.Reasons) == 0 || s.Reviewer == "" || s.Credential == ""}
	for i := range clocks {
		if c := &clocks[i]; c.Revision == s.Revision && c.Due.After(s.At) {
			n.Due = c.Due
		}
	}
	out := []Notice{n}
	if item.running(s) {
		effective := DueAfter(s.At, rule.AdvanceDays, zone)
		out[0].Kind, out[0].Due = AdvanceNotice, effective
		until := DueAfter(s.At, rule.ContinueDays, zone)
		if effective.After(until) {
			until = effective
		}
		out = append(out, Notice{Kind: ContinueWindow, Item: item.Sequence, At: s.At, Due: until})
	}
	return append(out, Notice{Kind: AppealWindow, Item: item.Sequence, At: s.At, Due: DueAfter(s.At, rule.AppealDays, zone)})
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
