package config

import (
	"fmt"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
)

// authorizationsEntry is the dated data of decisions on authorizations as
// written. A rule of the list goes before the built-in federal ones.
type authorizationsEntry struct {
	Clocks   []clockEntry  `yaml:"clocks" validate:"dive"`
	Holidays []program.Day `yaml:"holidays"` // days on which no hearing is decided: no working days
}

// clockEntry binds a payer between two dates. A figure that is left out is that
// of the built-in rule of the day it starts (42 CFR 438.210(d), 438.404, 438.408,
// 438.420); extension_days 0 means that the payer may take none.
type clockEntry struct {
	Payer          string      `yaml:"payer"` // id of the partner that decides; empty = every payer
	From           program.Day `yaml:"from"`
	To             program.Day `yaml:"to"`
	StandardDays   int         `yaml:"standard_days" validate:"gte=0,lte=90"`
	ExpeditedHours int         `yaml:"expedited_hours" validate:"gte=0,lte=720"`
	ExtensionDays  *int        `yaml:"extension_days" validate:"omitempty,gte=0,lte=90"`
	AdvanceDays    int         `yaml:"advance_notice_days" validate:"gte=0,lte=90"`
	AppealDays     int         `yaml:"appeal_days" validate:"gte=0,lte=365"`
	ResolveDays    int         `yaml:"resolve_days" validate:"gte=0,lte=365"`
	ResolveHours   int         `yaml:"resolve_expedited_hours" validate:"gte=0,lte=720"`
	HearingDays    int         `yaml:"hearing_days" validate:"gte=0,lte=365"`
	ContinueDays   int         `yaml:"continue_days" validate:"gte=0,lte=90"`
	FraudDays      int         `yaml:"fraud_notice_days" validate:"gte=0,lte=90"`
	AckDays        int         `yaml:"acknowledge_days" validate:"gte=0,lte=90"` // no federal figure: not set means no clock
	ReverseHours   int         `yaml:"reverse_hours" validate:"gte=0,lte=720"`
	HearingDecide  int         `yaml:"hearing_decide_days" validate:"gte=0,lte=365"`
	HearingWork    int         `yaml:"hearing_expedited_workdays" validate:"gte=0,lte=90"`
	Cite           string      `yaml:"cite" validate:"required"` // the rule or contract it comes from
}

// clocks is the built-in table with the configured rules before it.
func (r *reader) clocks() gateway.ClockTable {
	built := gateway.DefaultClocks()
	var out gateway.ClockTable
	for i, e := range r.doc.Authorizations.Clocks {
		path := fmt.Sprintf("authorizations.clocks[%d]", i)
		r.period(path+".to", e.From, e.To)
		if e.Payer != "" && !r.isPayer(e.Payer) {
			r.add(path+".payer", e.Payer, "the id of a partner of kind mco", "correct the id, or leave it out for every payer")
		}
		base, _ := built.For("", ledger.Day(e.From))
		out = append(out, e.over(base))
	}
	out = append(out, built...)
	for _, d := range r.doc.Authorizations.Holidays {
		for i := range out {
			out[i].Holidays = append(out[i].Holidays, ledger.Day(d))
		}
	}
	return out
}

func (r *reader) isPayer(id string) bool {
	for i := range r.doc.Partners {
		if p := &r.doc.Partners[i]; p.ID == id && p.Kind == string(gateway.MCO) {
			return true
		}
	}
	return false
}

// over is the rule, with what it leaves out taken from another.
func (e *clockEntry) over(base gateway.ClockRule) gateway.ClockRule {
	out := base
	out.Payer, out.From, out.To, out.Cite = gateway.PartnerID(e.Payer), ledger.Day(e.From), ledger.Day(e.To), e.Cite
	for _, f := range []struct {
		to   *int
		from int
	}{{&out.StandardDays, e.StandardDays}, {&out.ExpeditedHours, e.ExpeditedHours}, {&out.AdvanceDays, e.AdvanceDays}, {&out.AppealDays, e.AppealDays},
		{&out.ResolveDays, e.ResolveDays}, {&out.ResolveHours, e.ResolveHours}, {&out.HearingDays, e.HearingDays}, {&out.ContinueDays, e.ContinueDays}, {&out.FraudDays, e.FraudDays}, {&out.AcknowledgeDays, e.AckDays},
		{&out.ReverseHours, e.ReverseHours}, {&out.HearingDecideDays, e.HearingDecide}, {&out.HearingWorkdays, e.HearingWork}} {
		if f.from != 0 {
			*f.to = f.from
		}
	}
	if e.ExtensionDays != nil {
		out.ExtensionDays = *e.ExtensionDays
	}
	return out
}
