package config

import (
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
)

// records are the record kinds that partners send as JSON or CSV.
var records = []string{"care_plan", "care_team", "referral", "authorization", "enrollment", "service", "treatment_update", "decision", "staff", "meeting", "contact", "assessment", "flexible_fund", "referral_answer",
	"level_of_care", "placement", "waitlist_entry", "linked_plan", "application_packet", "adverse_notice", "appeal"}

// care are the records of whoever cares for a child.
var care = []string{"care_plan", "care_team", "referral", "authorization", "service", "treatment_update", "staff", "meeting", "contact", "assessment", "flexible_fund", "referral_answer",
	"level_of_care", "placement", "waitlist_entry", "linked_plan", "application_packet", "appeal"}

// sends is what a partner of a kind may send unless its entry says otherwise.
var sends = map[gateway.PartnerKind][]gateway.Kind{
	gateway.Clinic:      append(clinical(care...), provided...),
	gateway.EHR:         append(clinical(care...), provided...),
	gateway.Agency:      append(clinical(append(care, "enrollment")...), append(provided, "x12/834")...),
	gateway.MCO:         append(clinical("authorization", "enrollment", "decision", "adverse_notice", "appeal"), "x12/271", "x12/278-response", "x12/834", "x12/835"),
	gateway.StateAgency: {"fhir/*", "json/*", "csv/*", "x12/*"},
	gateway.Operator:    {},
}

// provided is the X12 of whoever delivers services.
var provided = []gateway.Kind{"x12/270", "x12/278", "x12/837P"}

// clinical is FHIR of any kind and these records as JSON and as CSV.
func clinical(names ...string) []gateway.Kind {
	out := []gateway.Kind{"fhir/*"}
	for _, name := range names {
		out = append(out, gateway.Kind("json/"+name), gateway.Kind("csv/"+name))
	}
	return out
}

// partners makes the gateway's partners of what was written.
func (r *reader) partners() []gateway.Partner {
	out := make([]gateway.Partner, 0, len(r.doc.Partners))
	for i := range r.doc.Partners {
		out = append(out, r.doc.Partners[i].partner())
	}
	return out
}

// complete fills in what an entry leaves to defaults, so that Print shows it.
func (e *partnerEntry) complete(doc *document) {
	if e.Sends == nil {
		for _, kind := range sends[gateway.PartnerKind(e.Kind)] {
			e.Sends = append(e.Sends, string(kind))
		}
		if e.HL7v2 != nil {
			e.Sends = append(e.Sends, "hl7v2/*")
		}
	}
	if e.HL7v2 != nil {
		e.HL7v2.complete()
	}
	if e.MemberSystem == "" {
		e.MemberSystem = doc.Identity.MemberSystem
	}
	if e.Zone == "" {
		e.Zone = doc.Ledger.Zone
	}
	if e.RatePerMinute == 0 {
		e.RatePerMinute = doc.Server.Limits.RatePerMinute
	}
	for _, d := range []*deliverEntry{e.Deliver, e.TestDeliver} {
		if d != nil && d.Timeout == 0 {
			d.Timeout = 10 * time.Second
		}
	}
	e.completeFiles()
	if e.Poll != nil {
		e.Poll.complete()
	}
	if e.Export != nil && e.Export.Every == 0 {
		e.Export.Every = 24 * time.Hour
	}
}

func (e *partnerEntry) partner() gateway.Partner {
	zone, _ := time.LoadLocation(e.Zone) // checked before
	p := gateway.Partner{
		ID: gateway.PartnerID(e.ID), Name: e.Name, Kind: gateway.PartnerKind(e.Kind), Identifiers: e.identifiers(),
		Payers: e.Payers, Programs: e.Programs, MemberSystem: e.MemberSystem, Zone: zone,
		Networks: e.Networks, Labels: e.Labels, Formats: map[string]gateway.Format{}, RatePerMin: e.RatePerMinute, HL7: e.HL7v2.partner(),
		PAS: gateway.PAS(e.PAS),
	}
	for _, kind := range e.Sends {
		p.Sends = append(p.Sends, gateway.Kind(kind))
	}
	for record, f := range e.Formats {
		p.Formats[record] = f.format()
	}
	for _, w := range e.Wants {
		p.Wants = append(p.Wants, gateway.Want(w))
	}
	if e.Deliver != nil {
		p.Deliver = e.Deliver.endpoint()
	}
	for i := range e.Receive {
		p.Receive = append(p.Receive, e.Receive[i].pickup())
	}
	p.X12 = e.X12.x12()
	if e.TestDeliver != nil {
		p.TestDeliver = e.TestDeliver.endpoint()
	}
	if e.Poll != nil {
		p.Poll = e.Poll.poll()
	}
	if x := e.Export; x != nil {
		p.Export = &gateway.Export{Level: x.Level, Group: x.Group, Types: x.Types, Every: x.Every}
	}
	return p
}

func (e *formatEntry) format() gateway.Format {
	out := gateway.Format{Version: e.Version, Columns: e.Columns, Codes: e.Codes}
	for _, was := range e.Earlier {
		out.Earlier = append(out.Earlier, gateway.Format{Version: was.Version, Columns: was.Columns, Codes: was.Codes})
	}
	return out
}

func (e *partnerEntry) identifiers() []gateway.Identifier {
	var out []gateway.Identifier
	for _, npi := range e.NPI {
		out = append(out, gateway.Identifier{System: gateway.NPI, Value: npi})
	}
	for _, id := range e.Identifiers {
		out = append(out, gateway.Identifier(id))
	}
	return out
}

func (d *deliverEntry) endpoint() *gateway.Endpoint {
	e := &gateway.Endpoint{Wire: d.Wire, URL: d.URL.Reveal(), Token: d.Token.Reveal(), Deduplicates: d.Deduplicates, Timeout: d.Timeout,
		Cert: d.TLS.Cert, CertKey: d.TLS.Key, CA: d.TLS.CA,
		Path: d.Path, Format: d.Format, SSH: d.SSH.ssh()}
	for _, s := range d.Secrets {
		e.Secrets = append(e.Secrets, s.Reveal())
	}
	e.IDs = gateway.IDPolicy(d.IDs)
	if s := d.Smart; s != nil {
		e.Login = &gateway.SmartLogin{ClientID: s.ClientID, TokenURL: s.TokenURL.Reveal(), Scope: s.Scope, Key: s.Key.Reveal(), KeyID: s.KeyID}
	}
	return e
}

// ValidNPI checks the ten digits of a national provider identifier by the Luhn
// formula over "80840" and the number (45 CFR 162.406, ISO 7812).
func ValidNPI(npi string) bool {
	if len(npi) != 10 || strings.Trim(npi, "0123456789") != "" {
		return false
	}
	sum := 0
	digits := []byte("80840" + npi)
	slices.Reverse(digits)
	for i, c := range digits {
		n := int(c - '0')
		if i%2 == 1 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum%10 == 0
}
