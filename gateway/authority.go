package gateway

import (
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// MayDecide says whether the partner's word on authorizations of this payer is
// the decision: the payer itself and the state. Whatever others send about an
// authorization is a request or a copy; it is kept as a resource and gives no
// units.
func (p *Partner) MayDecide(payer string) bool {
	return p.Kind == StateAgency || p.Kind == MCO && (payer == "" || slices.Contains(p.Payers, payer))
}

// MayEnroll says whether the partner's word on enrollment with this payer and
// program counts: the payer, the state, and the agency that runs the program.
func (p *Partner) MayEnroll(payer, program string) bool {
	return p.MayDecide(payer) || p.Kind == Agency && (payer == "" || slices.Contains(p.Programs, program))
}

// AnswersFor says whether an identifier of an insurer is the partner's own, or a
// payer that it answers for.
func (p *Partner) AnswersFor(insurer Identifier) bool {
	return slices.Contains(p.Payers, insurer.Value) || slices.Contains(p.Identifiers, insurer)
}

// mayGrant says whether the partner's word on an authorization gives units: it
// decides on it, and keeps alive under appeal only what it has decided itself. The
// state hears appeals about every payer's.
func (p *Partner) mayGrant(a *ledger.Auth) bool {
	own := !a.Continuation() || a.Continues.Partner == string(p.ID)
	return p.MayDecide(a.Payer) && (own || p.Kind == StateAgency)
}

// keepAuthority drops the facts that the sender has no authority on, and says so.
func keepAuthority(p *Partner, m *Mapped) {
	auths, spans, advices := len(m.Facts.Auths), len(m.Facts.Spans), len(m.Facts.Advices)
	m.Facts.Auths = slices.DeleteFunc(m.Facts.Auths, func(a AuthFact) bool { return !p.mayGrant(&a.Auth) })
	m.Facts.Spans = slices.DeleteFunc(m.Facts.Spans, func(s SpanFact) bool { return !p.MayEnroll(s.Span.Payer, s.Span.Program) })
	if !p.MayDecide("") {
		m.Facts.Advices = nil
	}
	if len(m.Facts.Advices) < advices {
		m.Issues = append(m.Issues, fhir.Issue{Severity: fhir.Information, Code: "business-rule", Found: "a word on claims from a partner that does not pay them",
			Allowed: "remittance advices of the payer and the state", Fix: "nothing: it is kept as a record and denies no line"})
	}
	if len(m.Facts.Auths) < auths {
		m.Issues = append(m.Issues, fhir.Issue{Severity: fhir.Information, Code: "business-rule", Found: "an authorization from a partner that does not decide on it",
			Allowed: "decisions of the payer and the state", Fix: "nothing: it is kept as a record and gives no units until the payer decides"})
	}
	if len(m.Facts.Spans) < spans {
		m.Issues = append(m.Issues, fhir.Issue{Severity: fhir.Information, Code: "business-rule", Found: "coverage from a partner that does not decide on enrollment",
			Allowed: "enrollment from the payer, the state or the program's agency", Fix: "nothing: it is kept as a record and enrolls nobody"})
	}
}

// addressPayer finds the one partner that answers for the insurer of a request.
func (g *Gateway) addressPayer(m *Mapped) {
	if m.Submission == nil {
		return
	}
	var payers []PartnerID
	if g.Payers != nil {
		payers = g.Payers(m.Submission.Insurer)
	}
	if len(payers) == 1 {
		m.Submission.Payer = payers[0]
		return
	}
	m.Issues = append(m.Issues, fhir.Issue{Severity: fhir.Error, Code: "business-rule", Path: "Claim.insurer", Found: "a payer that is not known here, or several",
		Allowed: "one payer that this gateway exchanges authorizations with", Fix: "name the insurer by the identifier it is known by here; ask the operator for the list"})
}
