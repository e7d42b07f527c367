package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// packet makes a QuestionnaireResponse of what the packet states, and a
// DocumentReference for each document.
func (k *maker) packet(p *record.ApplicationPacket) {
	key := k.key("application_packet", p.PacketID)
	k.put(gateway.Upsert, key, k.application(p, key))
	for _, d := range p.Documents {
		k.packetDocument(p, d, key)
	}
}

func (k *maker) application(p *record.ApplicationPacket, key gateway.Identifier) fhir.Object {
	status := "completed"
	if p.Submitted == "" {
		status = "in-progress"
	}
	decision := []fhir.Object{part("decision", "valueCode", p.Decision), part("on", "valueDate", string(p.DecidedOn))}
	for _, r := range p.Reasons {
		decision = append(decision, part("reason", "valueString", r))
	}
	asked := fhir.Object{}
	if p.Appealed {
		asked = fhir.Obj("url", "asked", "valueBoolean", true)
	}
	return fhir.Obj("resourceType", "QuestionnaireResponse",
		"extension", fhir.List{ext("program", "valueIdentifier", programID(p.Program)), nested(codes.Extensions+"packet-decision", decision...),
			nested(codes.Extensions+"packet-appeal", asked, part("on", "valueDate", string(p.AppealedOn)))},
		"identifier", identifier(key),
		"questionnaire", codes.Questionnaires+"application-packet|1",
		"status", status,
		"subject", k.subject,
		"authored", string(p.Submitted),
		"item", stated(p))
}

// stated are the answers of a packet.
func stated(p *record.ApplicationPacket) fhir.List {
	var items fhir.List
	add := func(link string, texts ...string) {
		var answers fhir.List
		for _, text := range texts {
			if text != "" {
				answers = append(answers, fhir.Obj("valueString", text))
			}
		}
		if answers != nil {
			items = append(items, fhir.Obj("linkId", link, "answer", answers))
		}
	}
	add("circumstance", p.Circumstances...)
	add("basis", p.Basis...)
	add("strengths", p.Strengths)
	add("needs", p.Needs)
	if len(p.Criteria) > 0 {
		items = append(items, fhir.Obj("linkId", "criterion", "item", each(p.Criteria, func(c record.PacketCriterion) any {
			return fhir.Obj("extension", fhir.List{nested(codes.Extensions+"attested", part("by", "valueCode", c.By), part("who", "valueString", c.ByID), part("on", "valueDate", string(c.On)))},
				"linkId", c.Code, "answer", fhir.List{fhir.Obj("valueBoolean", c.Met)})
		})))
	}
	return items
}

func (k *maker) packetDocument(p *record.ApplicationPacket, d record.PacketDocument, packet gateway.Identifier) {
	key := k.key("application_packet", p.PacketID, "document", d.ID)
	var extensions fhir.List
	for _, c := range d.Contents {
		extensions = append(extensions, ext("packet-content", "valueString", c))
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "DocumentReference",
		"extension", extensions,
		"identifier", fhir.List{identifier(key)},
		"status", "current",
		"type", concept(codes.Local+"packet-document", d.Code),
		"subject", k.subject,
		"content", fhir.List{fhir.Obj("attachment", fhir.Obj("url", d.Document, "title", d.Code, "creation", string(d.Dated)))},
		"context", fhir.Obj("related", fhir.List{k.ref("QuestionnaireResponse", packet)})))
}
