package console

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// findingPage is one finding with what it rests on and its life.
type findingPage struct {
	findingRow
	Words    string // of the night's kind
	Evidence *ledger.Finding
	Events   []gateway.FindingEvent
	Others   []*gateway.Finding // other openings
	Night    string             // date of the night that saw it last; empty = another origin
	Waivable bool
	Today    ledger.Day
}

func (c *Console) finding(v *visit) (*answer, error) {
	f, others, err := c.Findings.Finding(v.ctx, v.finder(), v.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	page := findingPage{findingRow: rowOf(f, c.today()), Others: others, Today: c.today(), Waivable: f.Closed == 0 && overseers().Allows(v.partner.Kind)}
	if page.Events, err = c.Findings.FindingEvents(v.ctx, f.ID); err != nil {
		return nil, err
	}
	if page.Evidence, err = c.Findings.FindingEvidence(v.ctx, f); err != nil {
		return nil, err
	}
	if f.Origin == gateway.FromNight {
		page.Words = ledger.FindingKind(f.Kind).Words()
		if overseers().Allows(v.partner.Kind) {
			page.Night = f.Seen.String()
		}
	}
	return &answer{View: "finding", Title: "Finding " + short(f.ID), Data: page}, nil
}

// waive lets a finding rest until a day.
func (c *Console) waive(v *visit) (*answer, error) {
	reason, err := v.reason()
	if err != nil {
		return nil, err
	}
	until, err := ledger.ParseDay(v.r.PostForm.Get("until"))
	if err != nil {
		return nil, gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Path: "until", Found: "no calendar date", Allowed: "2026-11-30", Fix: "say until which day it may rest"})
	}
	id := v.r.PathValue("id")
	w := gateway.Waiver{ID: id, Caller: v.finder(), To: until, Today: c.today(), Reason: reason, Who: v.session.Who}
	return &answer{Go: inside(Path + "/findings/" + id)}, c.Findings.WaiveFinding(v.ctx, w)
}
