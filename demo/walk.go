package demo

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// Walk has the requests of a visitor's first ten minutes, ready to be sent.
type Walk struct {
	CarePlan       []byte // json/care_plan, clinic-a: new, so that it gives 201
	BrokenCarePlan []byte // the same with four things wrong
	BadCSV         []byte // csv/service, clinic-c: 47 good rows, 3 with one wrong cell each
	MendedCSV      []byte // the same with the three cells mended
	AuthYes        []byte // POST /v1/authorizations/check, mco-a: yes, with units left
	AuthNo         []byte // the same service after the authorization has ended: no
	PriorAuth      []byte // POST /fhir/Claim/$submit, Asker: 30 units, of which the payer grants 20; nil without a child of that payer
	Asker          gateway.PartnerID
}

func (w *week) walk() Walk {
	first := newChild(w.day, 0)
	plan := record.JSON(first.carePlan("SYN-CP-EXAMPLE"))
	example := first.example()
	asker, request := w.priorAuth()
	return Walk{
		PriorAuth: request, Asker: asker,
		CarePlan: indent(plan), BrokenCarePlan: indent(broken(plan)),
		BadCSV: w.sheet(true), MendedCSV: w.sheet(false),
		AuthYes: question(example, w.day), AuthNo: question(example, example.Until+14),
	}
}

func indent(body []byte) []byte {
	v := jsontext.Value(body)
	if v.Indent(jsontext.WithIndent("  ")) != nil {
		return body
	}
	return append(v, '\n')
}

// broken spells four values of the plan wrong: a status, a date, a quantity in
// words and a progress that is no code.
func broken(plan []byte) []byte {
	for _, wrong := range [][2]string{
		{`"status":"active"`, `"status":"activ"`},
		{`"next_review":"2`, `"next_review":"two thousand 2`},
		{`"units":8`, `"units":"eight"`},
		{`"progress":"in-progress"`, `"progress":"a bit better"`},
	} {
		plan = bytes.Replace(plan, []byte(wrong[0]), []byte(wrong[1]), 1)
	}
	return plan
}

// question asks whether a visit of the example is covered.
func question(e Example, on ledger.Day) []byte {
	return indent(fhir.Obj("member_id", e.Member, "code", e.Code, "modifiers", e.Modifiers, "provider_id", e.Provider, "service_date", on.String(), "units", 4).JSON())
}

const (
	sheetHeader = "line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units,unit,frequency,received_at"
	sheetRows   = 50
)

// sheet is what clinic-c fills in for yesterday: one visit of two units for
// each of its children. Rows 9, 27 and 44 of the file have a wrong cell when bad.
func (w *week) sheet(bad bool) []byte {
	var mine []*child
	for _, c := range w.children {
		if c.clinic.ehr == "" {
			mine = append(mine, c)
		}
	}
	b := []byte(sheetHeader + "\n")
	for i := range min(sheetRows, sheetRows*len(mine)) {
		c, round := mine[i%len(mine)], i/len(mine)
		units, frequency, received := "2", "1", w.day.String()
		switch row := i + 2; {
		case bad && row == 9:
			units = "two"
		case bad && row == 27:
			frequency = "9"
		case bad && row == 44:
			received = "last Tuesday"
		}
		o := c.usual()
		b = fmt.Appendf(b, "SYN-W-%02d,,%s,%s,%s,%s,%s,%s,UN,%s,%s\n", i+1, c.member, c.clinic.npi, o.code, o.mods, w.day-ledger.Day(1+round), units, frequency, received)
	}
	return b
}

func cmpText[T ~string](a, b T) int { return strings.Compare(string(a), string(b)) }
