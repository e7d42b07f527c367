package tofhir

import (
	"html"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

func identifier(id gateway.Identifier) fhir.Object {
	return fhir.Obj("system", id.System, "value", id.Value)
}

// ref refers to a resource of the same message.
func (k *maker) ref(typ string, key gateway.Identifier) fhir.Object {
	return fhir.Obj("reference", URL(k.partner.ID, typ, key), "identifier", identifier(key))
}

// logical refers to a resource that another message brings, by its identifier;
// empty without a value.
func logical(typ string, id gateway.Identifier, display string) fhir.Object {
	if id.Value == "" && display == "" {
		return fhir.Object{}
	}
	o := fhir.Obj("type", typ)
	if id.Value != "" {
		o = o.With("identifier", identifier(id))
	}
	return o.With("display", display)
}

// provider names somebody by an NPI or the sender's own id.
func (k *maker) provider(typ, id, display string) fhir.Object {
	return logical(typ, k.providerID(id), display)
}

func (k *maker) providerID(id string) gateway.Identifier {
	if len(id) == 10 && strings.Trim(id, "0123456789") == "" {
		return gateway.Identifier{System: gateway.NPI, Value: id}
	}
	return k.key("provider", id)
}

// coded is a CodeableConcept of one of our tables; empty without a code.
func coded(table, code string) fhir.Object {
	t := codes.Get(table)
	c, ok := t.Find(code)
	if !ok {
		return fhir.Object{}
	}
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", t.SystemOf(c), "code", c.InFHIR(), "display", t.Display(c))})
}

// inFHIR is the bare code of one of our tables, for elements of type code.
func inFHIR(table, code string) string {
	c, _ := codes.Get(table).Find(code)
	return c.InFHIR()
}

func concept(system, code string) fhir.Object {
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", system, "code", code)})
}

// service is the concept of a service code with the name that our list has, or
// the text that was sent.
func service(code, text string) fhir.Object {
	code = strings.Join(strings.Fields(code), " ")
	o := fhir.Obj()
	if code != "" {
		o = o.With("coding", fhir.List{fhir.Obj("system", codes.HCPCS, "code", code, "display", codes.ServiceName(code))})
	}
	return o.With("text", text)
}

func modifiers(ms record.Modifiers) fhir.List {
	var list fhir.List
	for _, m := range ms {
		list = append(list, concept(codes.HCPCS, m))
	}
	return list
}

func quantity(value ledger.Decimal, unit string) fhir.Object {
	return fhir.Obj("value", fhir.Number(value.String()), "unit", unit)
}

func period[T ~string](start, end T) fhir.Object {
	return fhir.Obj("start", string(start), "end", string(end))
}

// ext is one of our extensions; empty without a value.
func ext(name, choice string, value any) fhir.Object {
	if s, ok := value.(string); ok && s == "" {
		return fhir.Object{}
	}
	if o, ok := value.(fhir.Object); ok && string(o.JSON()) == "{}" {
		return fhir.Object{}
	}
	return fhir.Obj("url", codes.Extensions+name, choice, value)
}

// nested is an extension of named parts; empty when none of them says anything.
func nested(url string, parts ...fhir.Object) fhir.Object {
	var list fhir.List
	for _, p := range parts {
		if string(p.JSON()) != "{}" {
			list = append(list, p)
		}
	}
	if list == nil {
		return fhir.Object{}
	}
	return fhir.Obj("url", url, "extension", list)
}

// part is a named part of a nested extension; empty without a value.
func part(name, choice, value string) fhir.Object {
	if value == "" {
		return fhir.Object{}
	}
	return fhir.Obj("url", name, choice, value)
}

// notes are annotations of one text; the author says whose words they are.
func note(author, text string) fhir.Object {
	if text == "" {
		return fhir.Object{}
	}
	return fhir.Obj("authorString", author, "text", text)
}

// narrative is a generated text of escaped lines.
func narrative(lines ...string) fhir.Object {
	var b strings.Builder
	b.WriteString(`<div xmlns="http://www.w3.org/1999/xhtml">`)
	for _, l := range lines {
		if l != "" {
			b.WriteString("<p>" + html.EscapeString(l) + "</p>")
		}
	}
	b.WriteString("</div>")
	return fhir.Obj("status", "generated", "div", b.String())
}

func startDay(d record.Date) ledger.Day { return d.Day() }

// endDay of an open period is Forever.
func endDay(d record.Date) ledger.Day {
	if d == "" {
		return ledger.Forever
	}
	return d.Day()
}
