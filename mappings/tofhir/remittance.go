package tofhir

import (
	"slices"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// remittance makes the ExplanationOfBenefit of one claim (standards.md 1.6, 6.4)
// and the payer's word on each line for the ledger.
func (k *maker) remittance(r *record.Remittance) {
	k.put(gateway.Upsert, k.key("remittance", r.ClaimID, r.Control), k.benefit(r))
	for _, a := range Advices(r) {
		a.Partner = string(k.partner.ID)
		k.out.Facts.Advices = append(k.out.Facts.Advices, gateway.AdviceFact{Member: k.member, Advice: a})
	}
}

func (k *maker) benefit(r *record.Remittance) fhir.Object {
	status := "active"
	if r.Status == reversal {
		status = "cancelled"
	}
	var items fhir.List
	for i := range r.Lines {
		items = append(items, benefitItem(&r.Lines[i], i+1))
	}
	claim := k.key("claim", r.ClaimID)
	return fhir.Obj("resourceType", "ExplanationOfBenefit",
		"identifier", fhir.List{identifier(k.key("remittance", r.ClaimID, r.Control)), fhir.Obj("system", codes.Payer+":claim", "value", r.Control)},
		"status", status,
		"type", concept(codes.Terminology+"claim-type", "professional"),
		"use", "claim",
		"patient", k.subject,
		"billablePeriod", period(r.Start, r.End),
		"created", k.created(string(r.Created), string(r.Start)),
		"insurer", k.payer(r.Payer),
		"provider", orAny(k.provider("Organization", r.Payee.ID, r.Payee.Name), "payee not stated"),
		"claim", logical("Claim", claim, ""),
		"outcome", "complete",
		"disposition", StatusWord(r.Status),
		"insurance", fhir.List{fhir.Obj("focal", true, "coverage", k.anyCoverage())},
		"item", items,
		"adjudication", adjusted(r.Charge, r.Paid, r.Adjusted))
}

func benefitItem(l *record.RemittanceLine, sequence int) fhir.Object {
	var detail fhir.List
	for _, remark := range l.Remarks {
		detail = append(detail, fhir.Obj("category", coding(codes.Local+"adjudication", "remark"), "reason", coding(codes.RARC, remark)))
	}
	o := fhir.Obj("extension", fhir.List{nested(codes.Extensions+"service-line", part("line", "valueString", l.Control))},
		"sequence", sequence, "productOrService", serviceOrNone(l.Code), "modifier", modifiers(l.Modifiers))
	if l.End != "" && l.End != l.Start {
		o = o.With("servicedPeriod", period(l.Start, l.End))
	} else {
		o = o.With("servicedDate", string(l.Start))
	}
	if l.Units != "" {
		o = o.With("quantity", fhir.Obj("value", fhir.Number(l.Units)))
	}
	return o.With("adjudication", append(adjusted(l.Charge, l.Paid, l.Adjusted), detail...))
}

// adjusted is what was charged, what is paid, and why not all of it.
func adjusted(charge, paid string, why []record.Adjustment) fhir.List {
	const system = codes.Terminology + "adjudication"
	list := fhir.List{
		fhir.Obj("category", concept(system, "submitted"), "amount", dollars(charge)),
		fhir.Obj("category", concept(system, "benefit"), "amount", dollars(paid)),
	}
	for _, a := range why {
		list = append(list, fhir.Obj("category", concept(codes.X12+"1033", a.Group), "reason", concept(codes.CARC, a.Reason), "amount", dollars(a.Amount)))
	}
	return list
}

// Claim status codes of CLP02 (X12 1029) that decide on the ledger.
const (
	denied   = "4"
	reversal = "22"
)

// statusWords are the codes of CLP02 that we read.
var statusWords = map[string]string{
	"1": "processed as primary", "2": "processed as secondary", "3": "processed as tertiary", "4": "denied",
	"19": "processed as primary, forwarded", "20": "processed as secondary, forwarded", "21": "processed as tertiary, forwarded",
	"22": "reversal of a previous payment", "23": "not our claim, forwarded", "25": "predetermination only",
}

// StatusWord says what a code of CLP02 means; empty when it is none.
func StatusWord(code string) string { return statusWords[code] }

// Advices are the payer's words on the lines of a claim. A denied claim denies
// every line; in a paid one a line is denied when nothing of it is paid for a
// reason that is a denial. A reversal takes back what was said.
func Advices(r *record.Remittance) []ledger.Advice {
	if r.Status == "23" || r.Status == "25" {
		return nil
	}
	base := ledger.Advice{Claim: r.ClaimID, Control: r.Control, Date: ledger.NoDay, Received: r.Created.Stamp()}
	if len(r.Lines) == 0 {
		base.Reason = reasonOf(r, r.Paid, r.Adjusted)
		return []ledger.Advice{base}
	}
	var out []ledger.Advice
	for i := range r.Lines {
		l := &r.Lines[i]
		a := base
		a.Line, a.Code, a.Modifiers, a.Date = l.Control, l.Code, l.Modifiers.String(), ledger.NoDay
		if l.Start != "" {
			a.Date = l.Start.Day()
		}
		a.Reason = reasonOf(r, l.Paid, slices.Concat(l.Adjusted, r.Adjusted))
		out = append(out, a)
	}
	return out
}

// reasonOf is the reason of a denial, such as CO-197; empty when it is none.
func reasonOf(r *record.Remittance, paid string, why []record.Adjustment) string {
	if r.Status == reversal || !isZero(paid) {
		return ""
	}
	for _, a := range why {
		if !codes.Reduces(a.Reason) && (a.Group != "PR" || r.Status == denied) {
			return a.Group + "-" + a.Reason
		}
	}
	if r.Status != denied {
		return ""
	}
	if len(why) > 0 {
		return why[0].Group + "-" + why[0].Reason
	}
	return "no reason stated"
}

func isZero(amount string) bool {
	d, err := ledger.ParseDecimal(amount)
	return amount == "" || err == nil && d.Coef == 0
}
