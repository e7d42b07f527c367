package hl7v2

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
)

// result is ORU: a DiagnosticReport of each OBR, an Observation of each OBX.
func result(k *maker) {
	if k.er.First("OBR") == nil {
		k.refuse("OBR", fhir.CodeRequired, "no OBR", "one OBR for each report", "send what the results belong to")
		return
	}
	k.family()
	k.results()
}

// results reads every OBR group; in REF, the clinical information sent along.
func (k *maker) results() {
	for i, g := range k.er.Groups("OBR") {
		k.report(i, g.Until("PV1", "GOL", "PRB", "TXA", "RF1", "PRD", "PID"))
	}
}

// report: OBR-2 and 3 ids, 4 what, 7 when, 16 who ordered, 22 issued, 24
// section, 25 status, 32 who interpreted.
func (k *maker) report(i int, g er7.Group) {
	obr := g[0]
	if !obr.Field(4).Has() {
		k.warn(at("OBR", i, 4), "a report that does not say of what", "a code or a text", "send OBR-4; the report was left out")
		return
	}
	id := strings.TrimSpace(cmp.Or(obr.Field(3).Comp(1).Text(), obr.Field(2).Comp(1).Text(), k.header.Control+"/"+strconv.Itoa(i+1)))
	key := k.single("DiagnosticReport", k.key("report", id))
	p := start("DiagnosticReport", key)
	p.add("status", reportStates.find(obr.Field(25).Text(), "unknown"))
	if v := obr.Field(24); v.Has() {
		p.add("category", fhir.List{fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"v2-0074", "code", strings.TrimSpace(v.Text()))})})
	}
	p.add("code", k.concept(obr.Field(4)))
	p.add("subject", k.subject)
	p.add("encounter", k.visited())
	when := k.dateTime(obr.Field(7), at("OBR", i, 7))
	p.add("effectiveDateTime", when)
	p.add("issued", k.instant(obr.Field(22), at("OBR", i, 22)))
	if who := k.provider(obr.Field(32)); string(who.JSON()) != "{}" {
		p.add("resultsInterpreter", fhir.List{who})
	}
	var refs, forms fhir.List
	for _, obx := range g.Groups("OBX") {
		if t := obx[0].Field(2).Text(); t == "ED" || t == "RP" {
			forms = append(forms, k.attachment(obx[0]))
			continue
		}
		refs = append(refs, k.observation(key, obx, when))
	}
	p.add("result", refs)
	p.add("conclusion", note(g.Until("OBX")))
	p.add("presentedForm", forms)
	k.patch(key, p)
}

// observation: OBX-2 value type, 3 what, 4 sub-id, 5 value, 6 unit, 7 range, 8
// interpretation, 11 status, 14 when, 16 who; NTE behind it.
func (k *maker) observation(report gateway.Identifier, g er7.Group, when string) fhir.Object {
	s := g[0]
	code := k.concept(s.Field(3))
	if string(code.JSON()) == "{}" {
		code = fhir.Obj("text", "not stated")
	}
	what := strings.TrimSpace(cmp.Or(s.Field(3).Comp(1).Text(), s.Field(3).Comp(2).Text()))
	key := k.single("Observation", k.key("result", report.Value, what, strings.TrimSpace(s.Field(4).Text())))
	p := start("Observation", key)
	p.add("status", resultStates.find(s.Field(11).Text(), "unknown"))
	if obr := strings.ToUpper(words(k.er.First("OBR").Field(4))); strings.Contains(obr, "NEEDS AND STRENGTHS") {
		p.add("category", fhir.List{fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"observation-category", "code", "survey")})})
	}
	p.add("code", code)
	p.add("subject", k.subject)
	p.add("encounter", k.visited())
	p.add("effectiveDateTime", cmp.Or(k.dateTime(s.Field(14), k.place(s, 14)), when))
	if who := k.provider(s.Field(16)); string(who.JSON()) != "{}" {
		p.add("performer", fhir.List{who})
	}
	k.value(p, s)
	var interpretation fhir.List
	for _, r := range s.Field(8).Reps() {
		if c := strings.TrimSpace(r.Text()); isCode(c) {
			interpretation = append(interpretation, fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"v3-ObservationInterpretation", "code", c)}, "text", r.Comp(2).Text()))
		}
	}
	p.add("interpretation", interpretation)
	p.add("note", notes(g))
	if r := strings.TrimSpace(s.Field(7).Whole()); r != "" {
		p.add("referenceRange", fhir.List{fhir.Obj("text", r)})
	}
	return k.patch(key, p)
}

// place names a field of a segment of the message.
func (k *maker) place(s *er7.Segment, field int) string {
	for i, other := range k.er.All(s.ID()) {
		if other == s {
			return at(s.ID(), i, field)
		}
	}
	return s.ID()
}

var decimal = regexp.MustCompile(`^-?(0|[1-9]\d{0,17})(\.\d{1,18})?$`)

// number is a value as a FHIR decimal: no plus, no leading zeros; false when it
// is none.
func number(text string) (fhir.Number, bool) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "+")
	sign := ""
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, text = "-", rest
	}
	if text = strings.TrimLeft(text, "0"); text == "" || text[0] == '.' {
		text = "0" + text
	}
	text = strings.TrimSuffix(text, ".")
	return fhir.Number(sign + text), decimal.MatchString(sign + text)
}

// unit reads OBX-6: the code counts when UCUM says so.
func unit(v er7.Value) fhir.Object {
	code, text := strings.TrimSpace(v.Comp(1).Text()), strings.TrimSpace(v.Comp(2).Text())
	o := fhir.Obj("unit", cmp.Or(text, code))
	if strings.EqualFold(v.Comp(3).Text(), "UCUM") && isCode(code) {
		o = o.With("system", codes.UCUM).With("code", code)
	}
	return o
}

// value reads OBX-5 by its type (OBX-2).
func (k *maker) value(p *part, s *er7.Segment) {
	v := s.Field(5)
	switch {
	case v.Null():
		p.clear = append(p.clear, "valueQuantity", "valueCodeableConcept", "valueString", "valueDateTime", "valueRange", "valueRatio")
	case !v.Has():
		p.add("dataAbsentReason", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"data-absent-reason", "code", "unknown")}))
	default:
		k.typedValue(p, s, v)
	}
}

func (k *maker) typedValue(p *part, s *er7.Segment, v er7.Value) {
	text := strings.TrimSpace(v.Whole())
	switch s.Field(2).Text() {
	case "NM":
		if n, ok := number(v.Rep(1).Text()); ok && len(v.Reps()) == 1 {
			p.add("valueQuantity", quantity(n, "", unit(s.Field(6))))
			return
		}
		k.warn(k.place(s, 5), "something else than one number", "a number, since OBX-2 is NM", "send a number or another type; it was kept as text")
	case "SN":
		if k.structured(p, v, unit(s.Field(6))) {
			return
		}
	case "CE", "CWE", "CF", "CNE", "IS", "ID":
		if o := k.concept(v.Rep(1)); string(o.JSON()) != "{}" && len(v.Reps()) == 1 {
			p.add("valueCodeableConcept", o)
			return
		}
	case "DT", "TS", "DTM":
		if d := k.dateTime(v, k.place(s, 5)); d != "" {
			p.add("valueDateTime", d)
			return
		}
	}
	p.add("valueString", text)
}

func quantity(value fhir.Number, comparator string, unit fhir.Object) fhir.Object {
	o := fhir.Obj("value", value, "comparator", comparator)
	for _, name := range []string{"unit", "system", "code"} {
		if u := unit.Get(name); u != nil {
			o = o.With(name, u)
		}
	}
	return o
}

// structured reads SN: 1 comparator, 2 number, 3 separator, 4 number.
func (k *maker) structured(p *part, v er7.Value, u fhir.Object) bool {
	low, okLow := number(v.Comp(2).Text())
	high, okHigh := number(v.Comp(4).Text())
	comparator := strings.TrimSpace(v.Comp(1).Text())
	switch separator := v.Comp(3).Text(); {
	case !okLow || !v.Comp(2).Has():
		return false
	case separator == "" && (comparator == "" || comparator == "=" || comparator == "<" || comparator == ">" || comparator == "<=" || comparator == ">="):
		p.add("valueQuantity", quantity(low, strings.TrimPrefix(comparator, "="), u))
	case separator == "-" && okHigh && comparator == "":
		p.add("valueRange", fhir.Obj("low", quantity(low, "", u), "high", quantity(high, "", u)))
	case (separator == ":" || separator == "/") && okHigh && comparator == "":
		p.add("valueRatio", fhir.Obj("numerator", quantity(low, "", u), "denominator", quantity(high, "", fhir.Obj())))
	default:
		return false
	}
	return true
}

// mediaTypes are the subtypes of encapsulated data (table 0291) as MIME types.
var mediaTypes = map[string]string{
	"PDF": "application/pdf", "RTF": "application/rtf", "TXT": "text/plain", "TEXT": "text/plain", "PLAIN": "text/plain", "HTML": "text/html", "XML": "text/xml", "JPEG": "image/jpeg", "JPG": "image/jpeg",
	"PNG": "image/png", "TIFF": "image/tiff", "GIF": "image/gif", "X-HL7-CDA-LEVEL-ONE": "text/xml", "OCTET-STREAM": "application/octet-stream",
}

// attachment reads encapsulated data (ED: 2 type, 3 subtype, 4 encoding, 5 data)
// or a pointer (RP). Data that is not what its encoding says is left out.
func (k *maker) attachment(s *er7.Segment) fhir.Object {
	v := s.Field(5).Rep(1)
	title := words(s.Field(3))
	if s.Field(2).Text() == "RP" {
		k.warn(k.place(s, 5), "a pointer to data outside of the message", "the data itself (OBX-2 ED)", "send the document; only its name was kept")
		return fhir.Obj("contentType", "text/plain", "title", title)
	}
	sub := strings.ToUpper(strings.TrimSpace(v.Comp(3).Text()))
	o := fhir.Obj("contentType", cmp.Or(mediaTypes[sub], mediaTypes[strings.ToUpper(strings.TrimSpace(v.Comp(2).Text()))], "application/octet-stream"))
	data, ok := decoded(v.Comp(4).Text(), v.Comp(5))
	if !ok {
		k.warn(k.place(s, 5), "data that is not "+cmp.Or(v.Comp(4).Text(), "Base64"), "Base64, Hex or A as OBX-5.4 says", "encode it again; only its name was kept")
		return o.With("title", title)
	}
	return o.With("data", data).With("title", title)
}

// decoded is the data as Base64, as FHIR has it.
func decoded(encoding string, v er7.Value) (string, bool) {
	text := strings.Join(strings.Fields(v.Whole()), "")
	switch strings.ToUpper(strings.TrimSpace(encoding)) {
	case "A", "":
		if encoding == "" {
			break
		}
		return base64.StdEncoding.EncodeToString([]byte(v.Whole())), v.Has()
	case "HEX":
		b, err := hex.DecodeString(text)
		return base64.StdEncoding.EncodeToString(b), err == nil && len(b) > 0
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return text, err == nil && len(b) > 0
}
