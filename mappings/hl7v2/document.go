package hl7v2

import (
	"cmp"
	"encoding/base64"
	"strings"

	"github.com/throughline/throughline/fhir"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
)

// document is MDM: T02 a document with its content, T11 its cancellation. TXA: 2
// type, 4 activity, 6 origination, 9 author, 10 authenticator, 12 unique number,
// 16 file name, 17 completion, 18 confidentiality, 19 availability, 25 title.
func document(k *maker) {
	txa := k.er.First("TXA")
	id := strings.TrimSpace(txa.Field(12).Comp(1).Text())
	if id == "" {
		k.refuse("TXA-12", fhir.CodeRequired, "no unique document number", "the number of the document with the sender", "send TXA-12")
		return
	}
	key := k.key("document", id)
	p := start("DocumentReference", key)
	p.add("masterIdentifier", identifier(key))
	if k.header.Event == "T11" {
		p.add("status", "entered-in-error")
	} else {
		p.add("status", availabilities.find(txa.Field(19).Text(), "current"))
	}
	p.add("docStatus", completions.find(txa.Field(17).Text(), ""))
	if v := txa.Field(2); v.Has() {
		p.add("type", k.concept(v))
	}
	p.add("subject", k.subject)
	p.add("date", cmp.Or(k.instant(txa.Field(6), "TXA-6"), k.instant(txa.Field(4), "TXA-4")))
	if who := k.provider(txa.Field(9)); string(who.JSON()) != "{}" {
		p.add("author", fhir.List{who})
	}
	p.add("authenticator", k.provider(txa.Field(10)))
	p.add("description", strings.TrimSpace(cmp.Or(txa.Field(25).Text(), words(txa.Field(2)))))
	if code := confidentialities.find(txa.Field(18).Text(), ""); code != "" {
		label := fhir.Obj("system", codes.Terminology+"v3-Confidentiality", "code", code)
		p.add("securityLabel", fhir.List{fhir.Obj("coding", fhir.List{label})})
		if code != "N" {
			p.add("meta", fhir.Obj("security", fhir.List{label}))
		}
	}
	k.content(p, txa)
	if visit := k.visited(); string(visit.JSON()) != "{}" {
		p.add("context", fhir.Obj("encounter", fhir.List{visit}))
	}
	k.patch(key, p)
}

// content is the text of all OBX in one attachment, and each encapsulated
// document in one of its own. A document without content keeps what it has; a
// new one says its name only.
func (k *maker) content(p *part, txa *er7.Segment) {
	var lines []string
	var list fhir.List
	title := strings.TrimSpace(txa.Field(16).Text())
	after := er7.Group(nil)
	if groups := k.er.Groups("TXA"); len(groups) > 0 {
		after = groups[len(groups)-1]
	}
	for _, s := range after.All("OBX") {
		switch s.Field(2).Text() {
		case "ED", "RP":
			list = append(list, fhir.Obj("attachment", k.attachment(s)))
		default:
			for _, r := range s.Field(5).Reps() {
				lines = append(lines, strings.TrimRight(r.Whole(), " "))
			}
		}
	}
	if text := strings.Trim(strings.Join(lines, "\n"), "\n"); text != "" {
		plain := fhir.Obj("contentType", "text/plain; charset=utf-8", "data", base64.StdEncoding.EncodeToString([]byte(text)), "title", title)
		list = append(fhir.List{fhir.Obj("attachment", plain)}, list...)
	}
	if len(list) == 0 {
		p.initial("content", fhir.List{fhir.Obj("attachment", fhir.Obj("title", cmp.Or(title, words(txa.Field(2)), "document without content")))})
		return
	}
	p.add("content", list)
}
