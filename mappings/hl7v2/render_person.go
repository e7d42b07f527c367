package hl7v2

import (
	"net/url"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/tofhir"
)

// pid writes the child of a reference. The Patient is there when the receiver
// may see it; else the reference's own identifier is all that is sent. Numbers
// that are another organization's own stay out, and so does the SSN.
func (r *renderer) pid(m *er7.Message, subject *fhir.Node, contact bool) {
	s := m.Append("PID").Put(1, "1")
	patient := r.follow(subject)
	ids := subject.Get("identifier").Items()
	if patient != nil {
		ids = append(patient.Get("identifier").Items(), ids...)
	}
	seen := map[string]bool{}
	for _, n := range ids {
		value, authority, typ := r.number(n)
		if value != "" && !seen[value+authority] {
			seen[value+authority] = true
			s.Add(3, value, "", "", authority, typ)
		}
	}
	if id := fhir.Ref(subject.Get("reference").Text()).ID(); id != "" {
		s.Add(3, id, "", "", Namespace, "PI")
	}
	if patient == nil {
		s.Put(5, "", "", "", "", "", "", "U")
		return
	}
	for _, n := range patient.Get("name").Items() {
		s.Add(5, xpn(n)...)
	}
	s.Put(7, stamp(patient.Get("birthDate").Text())).Put(8, genders.reverse(patient.Get("gender").Text(), ""))
	for _, a := range patient.Get("address").Items() {
		s.Add(11, xad(a)...)
	}
	if contact {
		phones(s, 13, 14, patient.Get("telecom"))
	}
	for _, c := range patient.Get("communication").Items() {
		s.Put(15, coding(c.Get("language"))...)
	}
	if n := patient.Get("multipleBirthInteger").Text(); n != "" {
		s.Put(24, "Y").Put(25, n)
	}
	if when := patient.Get("deceasedDateTime").Text(); when != "" {
		s.Put(29, stamp(when)).Put(30, "Y")
	} else if patient.Get("deceasedBoolean").Text() == "true" {
		s.Put(30, "Y")
	}
}

// number is an identifier as the receiver knows it; "" when it is none of its
// business.
func (r *renderer) number(n *fhir.Node) (value, authority, typ string) {
	system, value := n.Get("system").Text(), n.Get("value").Text()
	typ = codeOf(n.Get("type"))
	if system == tofhir.MemberSystem(r.partner) {
		return value, "", "MA"
	}
	for name, uri := range r.hl7.Systems {
		if uri == system {
			return value, name, typ
		}
	}
	if own, mine := strings.CutPrefix(system, codes.Own(string(r.partner.ID), "")); mine {
		kind, name, _ := strings.Cut(own, ":")
		name, err := url.PathUnescape(name)
		if err != nil || kind == "member" {
			return "", "", ""
		}
		if kind == "id" {
			kind = ""
		}
		return value, name, strings.ToUpper(kind)
	}
	return "", "", "" // without its authority it would be read as a number of the receiver's
}

// xpn writes a HumanName; a name in one text is the family name.
func xpn(n *fhir.Node) []string {
	given := n.Get("given").Items()
	out := make([]string, 7)
	out[0] = n.Get("family").Text()
	for i, g := range given {
		if i == 0 {
			out[1] = g.Text()
		} else {
			out[2] = strings.TrimSpace(out[2] + " " + g.Text())
		}
	}
	if out[0] == "" && len(given) == 0 {
		out[0] = n.Get("text").Text()
	}
	out[3], out[4] = joined(n.Get("suffix")), joined(n.Get("prefix"))
	out[6] = nameUses.reverse(n.Get("use").Text(), "L")
	return out
}

func joined(n *fhir.Node) string {
	var out []string
	for _, item := range n.Items() {
		out = append(out, item.Text())
	}
	return strings.Join(out, " ")
}

// xad writes an Address.
func xad(a *fhir.Node) []string {
	out := make([]string, 9)
	for i, line := range a.Get("line").Items() {
		if i == 0 {
			out[0] = line.Text()
		} else {
			out[1] = strings.TrimSpace(out[1] + " " + line.Text())
		}
	}
	out[2], out[3], out[4], out[5], out[8] = a.Get("city").Text(), a.Get("state").Text(), a.Get("postalCode").Text(), a.Get("country").Text(), a.Get("district").Text()
	out[6] = addressUses.reverse(a.Get("use").Text(), "H")
	if a.Get("type").Text() == "postal" {
		out[6] = "M"
	}
	return out
}

// phones writes ContactPoints as XTN: home ones in one field, those at work in
// the other. The number as dialed is component 12, and 1 for older readers.
func phones(s *er7.Segment, home, work int, list *fhir.Node) {
	for _, c := range list.Items() {
		field, use := home, "PRN"
		if c.Get("use").Text() == "work" {
			field, use = work, "WPN"
		}
		value := c.Get("value").Text()
		switch system := c.Get("system").Text(); {
		case system == "email":
			s.Add(field, "", "NET", "Internet", value)
		case system == "fax":
			s.Add(field, value, use, "FX", "", "", "", "", "", "", "", "", value)
		case c.Get("use").Text() == "mobile":
			s.Add(field, value, "PRS", "CP", "", "", "", "", "", "", "", "", value)
		default:
			s.Add(field, value, use, "PH", "", "", "", "", "", "", "", "", value)
		}
	}
}

// xcn writes a reference to a person: id, the name in one text, and the type of
// the id.
func xcn(ref *fhir.Node) []string {
	id, typ := providerNumber(ref)
	out := make([]string, 13)
	out[0], out[1], out[12] = id, ref.Get("display").Text(), typ
	return out
}

// providerNumber is the identifier of a reference: an NPI, or the receiver's
// own number.
func providerNumber(ref *fhir.Node) (id, typ string) {
	id = ref.Get("identifier", "value").Text()
	if ref.Get("identifier", "system").Text() == gateway.NPI {
		return id, "NPI"
	}
	return id, ""
}

// codeOf is the first code of a CodeableConcept.
func codeOf(concept *fhir.Node) string {
	for _, c := range concept.Get("coding").Items() {
		if code := c.Get("code").Text(); code != "" {
			return code
		}
	}
	return ""
}
