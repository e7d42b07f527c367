package tofhir

import (
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// decision is a payer's answer to a request that is known here. It makes no
// resources by itself: they follow from the authorization it changes.
func decision(d *record.PayerDecision) *gateway.Mapped {
	out := gateway.Decision{Trace: gateway.Identifier{System: d.TraceSystem, Value: d.Trace}, Revision: int(d.Revision), Must: true, Seen: d.Seen,
		At: time.UnixMicro(int64(d.DecidedAt.Stamp())).UTC()}
	if d.ExtendDays > 0 {
		out.Extended = &gateway.Extension{At: out.At, Days: int(d.ExtendDays), Reason: d.ExtendWhy}
	}
	for _, item := range d.Items {
		out.Items = append(out.Items, gateway.DecidedItem{Sequence: int(item.Item), ItemAnswer: itemAnswer(item)})
	}
	return &gateway.Mapped{Decisions: []gateway.Decision{out}}
}

func itemAnswer(item record.PayerAnswer) gateway.ItemAnswer {
	a := gateway.ItemAnswer{Action: item.Action, Number: item.Number, Start: string(item.Start), End: string(item.End), Note: item.Reason,
		Reviewer: item.Reviewer, Credential: item.Credential}
	if item.ReasonCode != "" {
		a.Reasons = []gateway.Coded{{System: codes.X12 + "886", Code: item.ReasonCode}}
	}
	if basis, ok := codes.Get("denial_basis").Find(item.Basis); ok {
		a.Reasons = append(a.Reasons, gateway.Coded{System: gateway.DenialBasis, Code: basis.Code, Display: basis.Display})
	}
	given := gateway.AuthService{Unit: item.Unit, Modifiers: item.Modifiers}
	if item.Units.Coef > 0 {
		given.Units = item.Units.String()
	}
	if item.Code != "" {
		given.Code = gateway.Coded{System: codes.HCPCS, Code: item.Code}
	}
	if given.Units != "" || given.Code.Code != "" || len(given.Modifiers) > 0 {
		a.Given = &given
	}
	return a
}
