package hl7v2

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/tofhir"
)

// Systems of identifiers by their type (table 0203) that are the same for every
// sender.
var typeSystems = map[string]string{
	"SS": "http://hl7.org/fhir/sid/us-ssn", "NPI": gateway.NPI, "MC": "http://hl7.org/fhir/sid/us-mbi",
}

var oid = regexp.MustCompile(`^[0-2](\.(0|[1-9]\d*))+$`)

// system is the system of an identifier: of its type, of the partner's own list
// of assigning authorities, of an OID; else the sender's own, scoped by type and
// authority so that two clinics' numbers never meet.
func (k *maker) system(authority er7.Value, typ string) string {
	name := authority.Sub(1).Text()
	if k.partner.HL7 != nil && k.partner.HL7.Systems[name] != "" {
		return k.partner.HL7.Systems[name]
	}
	if typ == "MA" {
		return tofhir.MemberSystem(k.partner)
	}
	if s := typeSystems[typ]; s != "" {
		return s
	}
	if id := authority.Sub(2).Text(); authority.Sub(3).Text() == "ISO" && oid.MatchString(id) {
		return "urn:oid:" + id
	}
	if name == "NPI" {
		return gateway.NPI
	}
	s := codes.Own(string(k.partner.ID), url.PathEscape(strings.ToLower(cmp.Or(typ, "id"))))
	if name = cmp.Or(name, authority.Sub(2).Text()); name != "" {
		s += ":" + url.PathEscape(name)
	}
	return s
}

// cx reads an extended composite id (CX): 1 value, 4 authority, 5 type.
func (k *maker) cx(v er7.Value) (gateway.Identifier, string) {
	value, typ := strings.TrimSpace(v.Comp(1).Text()), strings.ToUpper(strings.TrimSpace(v.Comp(5).Text()))
	if value == "" {
		return gateway.Identifier{}, ""
	}
	if strings.Contains(typ, " ") { // some senders write the facility into the component of the type
		typ = ""
	}
	return gateway.Identifier{System: k.system(v.Comp(4), typ), Value: value}, typ
}

// typed is an identifier with its type (http://terminology.hl7.org/CodeSystem/v2-0203).
func typed(id gateway.Identifier, typ string) fhir.Object {
	o := identifier(id)
	if isCode(typ) {
		o = fhir.Obj("type", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"v2-0203", "code", typ)})).With("system", id.System).With("value", id.Value)
	}
	return o
}

// entity reads an entity identifier (EI): 1 value, 2 namespace.
func (k *maker) entity(v er7.Value, name string) gateway.Identifier {
	return k.key(name, strings.TrimSpace(v.Comp(1).Text()))
}

func isCode(s string) bool {
	return s != "" && s == strings.Join(strings.Fields(s), " ")
}

// concept reads a coded element (CE, CWE): 1 code, 2 text, 3 system, 4 to 6 the
// same again, 9 the sender's words.
func (k *maker) concept(v er7.Value) fhir.Object {
	var list fhir.List
	text := v.Comp(9).Text()
	for _, first := range []int{1, 4} {
		code, display := strings.TrimSpace(v.Comp(first).Text()), strings.TrimSpace(v.Comp(first+1).Text())
		if code == "" || !isCode(code) {
			text = cmp.Or(text, display, code)
			continue
		}
		if system := strings.TrimSpace(v.Comp(first + 2).Text()); system != "" || first == 1 && display != "" || strings.IndexByte(code, ' ') < 0 {
			list = append(list, fhir.Obj("system", k.codeSystem(system), "code", code, "display", display))
			continue
		}
		text = cmp.Or(text, code)
	}
	return fhir.Obj("coding", list, "text", text)
}

// concepts reads every repetition that says something.
func (k *maker) concepts(v er7.Value) fhir.List {
	var list fhir.List
	for _, r := range v.Reps() {
		if c := k.concept(r); string(c.JSON()) != "{}" {
			list = append(list, c)
		}
	}
	return list
}

// words is what a coded element says to a person.
func words(v er7.Value) string {
	return strings.TrimSpace(cmp.Or(v.Comp(9).Text(), v.Comp(2).Text(), v.Comp(5).Text(), v.Comp(1).Text()))
}

// codeSystem is the system of a name of table 0396; a name we do not know is the
// sender's own.
func (k *maker) codeSystem(name string) string {
	name = strings.ToUpper(name)
	if s := codingSystems[name]; s != "" {
		return s
	}
	if n := strings.TrimPrefix(name, "HL7"); n != name && len(n) >= 3 && strings.Trim(n, "0123456789") == "" {
		return codes.Terminology + "v2-" + strings.Repeat("0", max(0, 4-len(n))) + n
	}
	if name == "" {
		return ""
	}
	if name == "L" {
		return codes.Own(string(k.partner.ID), "code")
	}
	return codes.Own(string(k.partner.ID), "code") + ":" + url.PathEscape(name)
}

// names reads person names (XPN).
func names(v er7.Value) fhir.List {
	var list fhir.List
	for _, r := range v.Reps() {
		if n := name(r); string(n.JSON()) != "{}" {
			list = append(list, fhir.Obj("use", nameUses.find(r.Comp(7).Text(), "official")).With("text", n.Get("text")).
				With("family", n.Get("family")).With("given", n.Get("given")).With("prefix", n.Get("prefix")).With("suffix", n.Get("suffix")))
		}
	}
	return list
}

// name reads 1 family, 2 given, 3 further given, 4 suffix, 5 prefix, 6 degree.
func name(v er7.Value) fhir.Object {
	given := fhir.List{v.Comp(2).Text()}
	for _, g := range strings.Fields(v.Comp(3).Text()) {
		given = append(given, g)
	}
	return fhir.Obj("family", v.Comp(1).Sub(1).Text(), "given", given,
		"prefix", fhir.List{v.Comp(5).Text()}, "suffix", fhir.List{v.Comp(4).Text(), v.Comp(6).Text()})
}

// display is a name in one line.
func display(v er7.Value, family int) string {
	return strings.Join(strings.Fields(strings.Join([]string{v.Comp(family + 4).Text(), v.Comp(family + 1).Text(), v.Comp(family + 2).Text(), v.Comp(family).Sub(1).Text(), v.Comp(family + 3).Text()}, " ")), " ")
}

// addresses reads addresses (XAD); the county becomes the district.
func addresses(v er7.Value) fhir.List {
	var list fhir.List
	for _, r := range v.Reps() {
		o := fhir.Obj("line", fhir.List{strings.TrimSpace(r.Comp(1).Text()), strings.TrimSpace(r.Comp(2).Text())}, "city", strings.TrimSpace(r.Comp(3).Text()), "district", r.Comp(9).Text(),
			"state", r.Comp(4).Text(), "postalCode", r.Comp(5).Text(), "country", r.Comp(6).Text())
		if string(o.JSON()) == "{}" {
			continue
		}
		typ := strings.ToUpper(r.Comp(7).Text())
		head := fhir.Obj("use", addressUses.find(typ, "home"))
		if typ == "M" {
			head = head.With("type", "postal")
		}
		for _, name := range []string{"line", "city", "district", "state", "postalCode", "country"} {
			head = head.With(name, o.Get(name))
		}
		list = append(list, head)
	}
	return list
}

// telecoms reads phone numbers and addresses of other networks (XTN).
func telecoms(v er7.Value, use string) fhir.List {
	var list fhir.List
	for _, r := range v.Reps() {
		system, value := contact(r)
		if value == "" {
			continue
		}
		as := phoneUses.find(r.Comp(2).Text(), use)
		if strings.EqualFold(r.Comp(3).Text(), "CP") && use == "home" {
			as = "mobile"
		}
		list = append(list, fhir.Obj("system", system, "value", value, "use", as))
	}
	return list
}

// contact is the system and the value of an XTN: 4 the address of a network; 12
// the number as it is dialed; 5 to 8 its parts; 1 free text.
func contact(r er7.Value) (system, value string) {
	system = phoneSystems.find(r.Comp(3).Text(), "phone")
	if mail := strings.TrimSpace(r.Comp(4).Text()); strings.Contains(mail, "@") && (system == "email" || r.Comp(2).Text() == "NET" || !r.Comp(7).Has()) {
		return "email", mail
	}
	if strings.Contains(r.Comp(1).Text(), "@") {
		return "email", strings.TrimSpace(r.Comp(1).Text())
	}
	if system == "email" {
		system = "phone" // Internet without an address
	}
	if whole := strings.TrimSpace(r.Comp(12).Text()); whole != "" {
		return system, whole
	}
	if local := r.Comp(7).Text(); local != "" {
		country := r.Comp(5).Text()
		if country != "" && !strings.HasPrefix(country, "+") {
			country = "+" + country
		}
		ext := r.Comp(8).Text()
		if ext != "" {
			ext = "ext. " + ext
		}
		return system, strings.Join(strings.Fields(strings.Join([]string{country, r.Comp(6).Text(), local, ext}, " ")), " ")
	}
	return system, strings.TrimSpace(r.Comp(1).Text())
}

// provider reads who did something (XCN): 1 id, 2 family, 9 authority, 13 type.
// It is a reference by identifier; no Practitioner is made of it.
func (k *maker) provider(v er7.Value) fhir.Object {
	return k.named("Practitioner", v.Comp(1).Text(), v.Comp(9), v.Comp(13).Text(), display(v, 2))
}

// named refers to somebody by an identifier and a name; empty with neither.
func (k *maker) named(typ, id string, authority er7.Value, idType, display string) fhir.Object {
	o := fhir.Obj("type", typ)
	id = strings.TrimSpace(id)
	if id == "" && display == "" {
		return fhir.Object{}
	}
	if id != "" {
		o = o.With("identifier", identifier(k.providerID(id, authority, idType)))
	}
	return o.With("display", display)
}

// providerID is an NPI (stated, or ten digits, as in the other records), or the
// sender's own number.
func (k *maker) providerID(id string, authority er7.Value, typ string) gateway.Identifier {
	if typ == "NPI" || len(id) == 10 && strings.Trim(id, "0123456789") == "" {
		return gateway.Identifier{System: gateway.NPI, Value: id}
	}
	if authority.Has() {
		return gateway.Identifier{System: k.system(authority, cmp.Or(typ, "provider")), Value: id}
	}
	return k.key("provider", id)
}

// place names a location (PL): point of care, room, bed, facility, building.
func place(v er7.Value) string {
	var parts []string
	for _, n := range []int{4, 7, 8, 1, 2, 3, 9} {
		if s := strings.TrimSpace(v.Comp(n).Text()); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// note joins the comments (NTE-3) of a run of segments.
func note(g er7.Group) string {
	var lines []string
	for _, s := range g.All("NTE") {
		for _, r := range s.Field(3).Reps() {
			if t := strings.TrimSpace(r.Whole()); t != "" {
				lines = append(lines, t)
			}
		}
	}
	return strings.Join(lines, "\n")
}

func notes(g er7.Group) fhir.List {
	if text := note(g); text != "" {
		return fhir.List{fhir.Obj("text", text)}
	}
	return nil
}
