package claims

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// Claim maps one CLM of an 837P with the loops it stands under (2000A billing,
// 2000B subscriber, 2000C patient) to a Claim, the parties it names and the
// ledger's lines.
func Claim(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	return mapped(m, p, set837)
}

// set837 reads a claim.
var set837 = set{"837", "005010X222", func(r *reader) ([]record.Record, error) {
	c, err := r.claim()
	return []record.Record{c}, err
}}

// claimLevels are the loops above a claim.
type claimLevels struct {
	billing, subscriber, patient *wire.Loop
	head                         []wire.Segment // of the innermost loop, before its CLM
	own                          []wire.Segment // CLM and what follows it
}

func (r *reader) levels() *claimLevels {
	loops, found := r.t.Loops()
	l := &claimLevels{}
	if len(loops) > 0 {
		l.billing = loops[0]
	}
	if l.billing != nil && len(l.billing.Children) > 0 {
		l.subscriber = l.billing.Children[0]
	}
	if len(found) > 0 || l.subscriber == nil || l.subscriber.Level != "22" {
		r.bad(r.t.Segments[0], 0, 0, fhir.CodeStructure, "loops that do not stand under one another", "HL 20, under it HL 22, under it HL 23", "number the HL segments from 1 and name their parents")
		return nil
	}
	inner := l.subscriber
	if len(inner.Children) > 0 {
		l.patient = inner.Children[0]
		inner = l.patient
	}
	head, runs := wire.Runs(inner.Segments, "CLM")
	if len(runs) != 1 {
		r.bad(r.t.Segments[0], 0, 0, fhir.CodeStructure, strconv.Itoa(len(runs))+" claims", "one claim a message", "send the file; it is cut into its claims")
		return nil
	}
	l.head, l.own = head, runs[0]
	return l
}

// claim reads the whole unit.
func (r *reader) claim() (*record.Claim, error) {
	l := r.levels()
	if l == nil {
		return &record.Claim{}, nil
	}
	bht := wire.First(r.t.Header(), "BHT")
	c := &record.Claim{Created: r.instant(bht, 4, 5), Source: r.source(bht)}
	if err := r.who(c, l); err != nil {
		return nil, err
	}
	if run := named(l.billing.Segments, "85"); run != nil {
		c.Billing = party(run)
	}
	if run := named(l.subscriber.Segments, "PR"); run != nil {
		c.Payer = party(run)
		if id, ok := r.ours("enrollment", "payer", c.Payer.ID); ok {
			c.Payer.ID = id
		}
	}
	head, lines := wire.Runs(l.own, "LX")
	r.claimHead(c, until(head, "SBR")) // what follows belongs to other payers (2320)
	r.lose(head, "CLM", "DTP", "REF", "HI", "NM1", "PRV", "N3", "N4", "PER")
	if len(lines) == 0 {
		r.bad(l.own[0], 0, 0, fhir.CodeRequired, "a claim without service lines", "at least one LX with its SV1", "send its lines")
	}
	for _, run := range lines {
		r.line(c, run)
	}
	r.sameLine(c, lines)
	return c, nil
}

// source is what BHT06 says: claims, or encounters that are only reported.
func (r *reader) source(bht wire.Segment) string {
	switch bht.Elem(6) {
	case "CH":
		return "claim"
	case "RP":
		return "encounter"
	}
	r.bad(bht, 6, 0, fhir.CodeCodeInvalid, shown(bht.Elem(6)), "CH or RP", "say whether these are claims or reported encounters")
	return ""
}

// who finds the member: the subscriber, or a patient with an id of its own.
func (r *reader) who(c *record.Claim, l *claimLevels) error {
	il := wire.First(l.subscriber.Segments, "NM1", "IL")
	segments := l.subscriber.Segments
	id := il.Elem(9)
	if l.patient != nil {
		il, segments = wire.First(l.patient.Segments, "NM1", "QC"), l.patient.Segments
		if id = il.Elem(9); id == "" {
			id = wire.First(l.head, "REF", "1W").Elem(2)
		}
		if id == "" {
			return nobody(il, "a patient (2000C) who is not the subscriber and has no id of its own")
		}
	}
	if id == "" {
		r.bad(il, 9, 0, fhir.CodeRequired, "nothing", "the member's id", "write NM109 of the subscriber with MI in NM108")
	}
	c.MemberID, c.Person = id, r.person(il, wire.First(until(segments, "CLM"), "DMG"))
	return nil
}

// claimHead reads CLM and what belongs to the claim as a whole.
func (r *reader) claimHead(c *record.Claim, head []wire.Segment) {
	clm := head[0]
	c.ClaimID, c.Total, c.Place, c.Frequency = clm.Elem(1), r.decimal(clm, 2), clm.Comp(5, 1), clm.Comp(5, 3)
	if c.ClaimID == "" {
		r.bad(clm, 1, 0, fhir.CodeRequired, "nothing", "the claim's own number", "write CLM01")
	}
	claim, _ := wire.Runs(head, "NM1")
	c.Control = wire.First(claim, "REF", "F8").Elem(2)
	switch c.Frequency {
	case "1":
	case "7", "8":
		if c.Control == "" {
			r.bad(clm, 5, 3, fhir.CodeRequired, "frequency "+c.Frequency+" without REF*F8", "the payer's number of the claim that is replaced or voided", "write it in REF*F8")
		}
	default:
		r.bad(clm, 5, 3, fhir.CodeCodeInvalid, shown(c.Frequency), "1 original, 7 replacement, 8 void", "send one of these in CLM05-3")
	}
	c.Auth = wire.First(claim, "REF", "G1").Elem(2)
	for _, s := range claim {
		if s.Is("HI") {
			r.diagnoses(c, s)
		}
	}
	if run := named(head, "82"); run != nil {
		c.Rendering = party(run)
	}
}

// diagnoses reads an HI: up to twelve composites of qualifier and code.
func (r *reader) diagnoses(c *record.Claim, hi wire.Segment) {
	for n := 1; n <= hi.Count(); n++ {
		if hi.Elem(n) == "" {
			continue
		}
		code := hi.Comp(n, 2)
		switch q := hi.Comp(n, 1); q {
		case "ABK", "ABF", "BK", "BF":
			if code == "" {
				r.bad(hi, n, 2, fhir.CodeRequired, "a qualifier without a code", "qualifier and code, such as ABK:F913", "write the code behind the component separator")
				continue
			}
			c.Diagnoses = append(c.Diagnoses, record.Diagnosis{Code: dotted(code, q), ICD9: q[0] == 'B'})
		default:
			r.lose([]wire.Segment{hi}) // anesthesia, conditions: named once as HI
		}
	}
}

// dotted puts the dot in that X12 leaves out: after three characters, after four
// in the E codes of ICD-9.
func dotted(code, qualifier string) string {
	at := 3
	if qualifier[0] == 'B' && code[0] == 'E' {
		at = 4
	}
	if len(code) <= at || strings.Contains(code, ".") {
		return code
	}
	return code[:at] + "." + code[at:]
}

// line reads one LX with its SV1.
func (r *reader) line(c *record.Claim, run []wire.Segment) {
	sv1 := wire.First(run, "SV1")
	if sv1.Zero() {
		r.bad(run[0], 0, 0, fhir.CodeRequired, "a line without SV1", "LX, SV1, DTP", "send the service")
		return
	}
	l := record.ClaimLine{Service: record.Service{ClaimID: c.ClaimID, Member: c.Member, Frequency: c.Frequency, Source: c.Source, Received: c.Created}}
	r.identity(c, &l, run)
	r.service(c, &l, sv1)
	r.served(&l, run)
	if l.Auth = wire.First(until(run, "NM1", "SVD"), "REF", "G1").Elem(2); l.Auth == "" {
		l.Auth = c.Auth
	}
	l.Provider = c.Billing.ID
	if found := named(until(run, "SVD"), "82"); found != nil {
		l.Rendering = party(found)
	}
	if who := orParty(l.Rendering, c.Rendering); who.ID != "" && r.renders(c.Payer.ID) {
		l.Provider = who.ID
	}
	r.lose(run, "LX", "SV1", "DTP", "REF", "NM1", "PRV", "N3", "N4", "PER")
	c.Lines = append(c.Lines, l)
}

func orParty(p, instead record.Party) record.Party {
	if p.ID == "" {
		return instead
	}
	return p
}

// renders says whether this payer's lines count for the rendering provider: the
// partner's format of services says so for the payer's id, or for all (*). The
// billing provider otherwise (ledger.md).
func (r *reader) renders(payer string) bool {
	for _, id := range []string{payer, "*"} {
		if rule, ok := r.ours("service", "provider_rule", id); ok {
			return rule == "rendering"
		}
	}
	return false
}

// identity gives the line its id. A row that replaces or voids stands beside
// the line it means, which has the same number in the earlier claim.
func (r *reader) identity(c *record.Claim, l *record.ClaimLine, run []wire.Segment) {
	number := wire.First(until(run, "NM1", "SVD"), "REF", "6R").Elem(2)
	if number == "" {
		number = run[0].Elem(1)
	}
	if number == "" {
		r.bad(run[0], 1, 0, fhir.CodeRequired, "nothing", "the number of the line", "count the LX segments from 1")
	}
	l.LineID = ledger.LineID(c.ClaimID, number)
	switch c.Frequency {
	case "7":
		l.LineID, l.Replaces = l.LineID+ledger.ReplacementSuffix, l.LineID
	case "8":
		l.LineID, l.Replaces = l.LineID+ledger.VoidSuffix, l.LineID
	}
}

// sameLine refuses two lines of one number.
func (r *reader) sameLine(c *record.Claim, runs [][]wire.Segment) {
	seen := map[string]bool{}
	for i := range c.Lines {
		if id := c.Lines[i].LineID; seen[id] {
			r.bad(runs[min(i, len(runs)-1)][0], 0, 0, fhir.CodeInvariant, "a line number that an earlier line of the claim has", "each REF*6R and LX01 once in a claim", "number the lines of the claim anew")
		} else {
			seen[id] = true
		}
	}
}

// service reads SV1: code, modifiers, charge, units, place, diagnoses, EPSDT.
func (r *reader) service(c *record.Claim, l *record.ClaimLine, sv1 wire.Segment) {
	if q := sv1.Comp(1, 1); q != "HC" {
		r.bad(sv1, 1, 1, fhir.CodeCodeInvalid, shown(q), "HC (HCPCS and CPT)", "send the service by its HCPCS code")
	}
	if l.Code = sv1.Comp(1, 2); l.Code == "" {
		r.bad(sv1, 1, 2, fhir.CodeRequired, "nothing", "a HCPCS or CPT code", "write the code")
	}
	for n := 3; n <= 6; n++ {
		if m := sv1.Comp(1, n); m != "" {
			l.Modifiers = append(l.Modifiers, m)
		}
	}
	l.Charge = r.decimal(sv1, 2)
	r.units(l, sv1)
	if l.Place = sv1.Elem(5); l.Place == "" {
		l.Place = c.Place
	}
	for n := 1; n <= 4; n++ {
		text := sv1.Comp(7, n)
		if text == "" {
			continue
		}
		at, err := strconv.Atoi(text)
		if err != nil || at < 1 || at > len(c.Diagnoses) {
			r.bad(sv1, 7, n, fhir.CodeValue, shown(text), "the place of a diagnosis in HI, from 1 to "+strconv.Itoa(len(c.Diagnoses)), "point to a diagnosis of the claim")
			continue
		}
		l.Pointers = append(l.Pointers, at)
	}
	l.EPSDT = sv1.Elem(11) == "Y"
}

// units reads SV103 and SV104. UN counts in the code's own unit, which the
// ledger writes as none; the partner's format may name another word for it.
func (r *reader) units(l *record.ClaimLine, sv1 wire.Segment) {
	unit := sv1.Elem(3)
	switch unit {
	case "UN":
	case "MJ":
		l.Unit = "MJ"
	default:
		r.bad(sv1, 3, 0, fhir.CodeCodeInvalid, shown(unit), "UN units, MJ minutes", "send one of these in SV103")
	}
	if to, ok := r.ours("service", "unit", unit); ok {
		l.Unit = to
	}
	count := r.decimal(sv1, 4)
	if count == "" && sv1.Elem(4) == "" {
		r.bad(sv1, 4, 0, fhir.CodeRequired, "nothing", "how many units", "write them in SV104")
	}
	l.Units, _ = ledger.ParseDecimal(count) // what Decimal let pass is one
	if count != "" && l.Units.Coef <= 0 && l.Frequency != "8" {
		r.note(fhir.Warning, "a line of no units", "the ledger calls it invalid_line; send the units in SV104")
	}
}

// served reads DTP*472: the line counts on its first day.
func (r *reader) served(l *record.ClaimLine, run []wire.Segment) {
	dtp := wire.First(run, "DTP", "472")
	if dtp.Zero() {
		r.bad(run[0], 0, 0, fhir.CodeRequired, "a line without a date of service", "DTP*472", "send the date")
		return
	}
	from, to := r.days(dtp, 2)
	l.Date = record.AnyDate(from)
	if to != from {
		l.End = to
		r.note(fhir.Information, "a line over several days", "nothing: the ledger counts all its units on the first day; send a line a day where caps matter")
	}
}
