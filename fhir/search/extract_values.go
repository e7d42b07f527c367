package search

import (
	"strings"

	"github.com/throughline/throughline/fhir"
)

// takeDate reads a date, dateTime, instant, Period or Timing.
func (x *extraction) takeDate(p *Param, n *fhir.Node) {
	if lo, hi, ok := rangeOf(n); ok {
		x.rows.Dates = append(x.rows.Dates, DateRow{Param: p.Name, Lo: lo, Hi: hi})
	}
}

// rangeOf is the range a date, dateTime, instant, Period or Timing covers.
func rangeOf(n *fhir.Node) (lo, hi int64, ok bool) {
	switch {
	case n.Kind() == fhir.KindString:
		return parseMoment(n.Text())
	case n.Kind() != fhir.KindObject:
		return 0, 0, false
	case n.Get("event") != nil || n.Get("repeat") != nil:
		return timingRange(n)
	}
	return periodRange(n)
}

// periodRange reads a Period; an end that is absent is open. One with the ends
// swapped counts as if they were in order.
func periodRange(n *fhir.Node) (lo, hi int64, ok bool) {
	start, end := n.Get("start"), n.Get("end")
	if start == nil && end == nil {
		return 0, 0, false
	}
	lo, hi = MinTime, MaxTime
	if start != nil {
		if lo, _, ok = parseMoment(start.Text()); !ok {
			return 0, 0, false
		}
	}
	if end != nil {
		if _, hi, ok = parseMoment(end.Text()); !ok {
			return 0, 0, false
		}
	}
	return min(lo, hi), max(lo, hi), true
}

// timingRange reads the outer limits of a Timing: its events and its bounds;
// what is scheduled between them does not matter
// (http://hl7.org/fhir/R4/search.html#date).
func timingRange(n *fhir.Node) (lo, hi int64, ok bool) {
	outer := newSpan()
	for _, event := range n.Get("event").Items() {
		outer.add(event)
	}
	outer.add(n.Get("repeat", "boundsPeriod"))
	return outer.lo, outer.hi, outer.any
}

// span is the least range that covers all that was added.
type span struct {
	lo, hi int64
	any    bool
}

func newSpan() span { return span{lo: MaxTime, hi: MinTime} }

func (s *span) add(n *fhir.Node) {
	if lo, hi, ok := rangeOf(n); ok {
		s.lo, s.hi, s.any = min(s.lo, lo), max(s.hi, hi), true
	}
}

// takeReference reads a Reference or a canonical. References to contained
// resources ("#...") are not searched.
func (x *extraction) takeReference(p *Param, n *fhir.Node) {
	if n.Kind() == fhir.KindString {
		x.canonical(p, n.Text())
		return
	}
	typ := n.Get("type").Text()
	if !fhir.IsType(typ) {
		typ = ""
	}
	x.reference(p, typ, n.Get("reference").Text())
	if id := n.Get("identifier"); id.Get("value") != nil && p.keeps(typ) {
		x.ref(RefRow{Param: p.Name, Type: typ, System: id.Get("system").Text(), Value: id.Get("value").Text()})
	}
}

func (x *extraction) reference(p *Param, typ, value string) {
	if value == "" || value[0] == '#' {
		return
	}
	told, id, _, absolute := fhir.ParseRef(value)
	if told != "" {
		typ = told
	}
	switch {
	case !p.keeps(typ):
	case absolute:
		x.ref(RefRow{Param: p.Name, Type: typ, URL: value})
	case told != "":
		x.ref(RefRow{Param: p.Name, Type: typ, ID: id})
	}
}

// canonical keeps a canonical twice when it names a version, so that it is found
// with and without.
func (x *extraction) canonical(p *Param, value string) {
	x.reference(p, "", value)
	if url, _, versioned := strings.Cut(value, "|"); versioned {
		x.reference(p, "", url)
	}
}

func (x *extraction) ref(row RefRow) {
	row.URL, row.System, row.Value = key(row.URL), key(row.System), key(row.Value)
	x.rows.Refs = append(x.rows.Refs, row)
}

// keeps says whether a reference to typ belongs to the parameter; a type nobody
// told may be any.
func (p *Param) keeps(typ string) bool {
	return !p.only || typ == "" || typ == p.Targets[0]
}

// takeQuantity reads a number, Quantity, Money, Range or SampledData.
func (x *extraction) takeQuantity(p *Param, n *fhir.Node) {
	if n.Kind() != fhir.KindObject {
		if d, ok := parseDecimal(n.Text()); ok {
			lo, hi := d.scaled()
			x.amount(p.Name, lo, hi, nil)
		}
		return
	}
	switch {
	case n.Get("low") != nil || n.Get("high") != nil:
		lo, hi := bound(n.Get("low", "value"), MinTime, false), bound(n.Get("high", "value"), MaxTime, true)
		x.amount(p.Name, lo, hi, unitOf(n))
	case n.Get("origin") != nil:
		x.amount(p.Name, bound(n.Get("lowerLimit"), MinTime, false), bound(n.Get("upperLimit"), MaxTime, true), n.Get("origin"))
	default:
		if lo, hi, ok := quantityRange(n); ok {
			x.amount(p.Name, lo, hi, n)
		}
	}
}

// bound is one end of a range, rounded outwards; open when it is absent.
func bound(n *fhir.Node, open int64, up bool) int64 {
	d, ok := parseDecimal(n.Text())
	if !ok {
		return open
	}
	floor, ceil := d.scaled()
	if up {
		return ceil
	}
	return floor
}

// unitOf is the end of a Range that says the unit.
func unitOf(n *fhir.Node) *fhir.Node {
	if low := n.Get("low"); low != nil {
		return low
	}
	return n.Get("high")
}

// quantityRange reads value and comparator: "< 5" is everything below 5.
func quantityRange(n *fhir.Node) (lo, hi int64, ok bool) {
	d, ok := parseDecimal(n.Get("value").Text())
	if !ok {
		return 0, 0, false
	}
	lo, hi = d.scaled()
	switch n.Get("comparator").Text() {
	case "<":
		return MinTime, max(hi, MinTime+1) - 1, true
	case "<=":
		return MinTime, hi, true
	case ">":
		return min(lo, MaxTime-1) + 1, MaxTime, true
	case ">=":
		return lo, MaxTime, true
	}
	return lo, hi, true
}

// currencies is the system of Money.currency.
const currencies = "urn:iso:std:iso:4217"

// amount adds a range in the unit a Quantity or Money says: by its code, and by
// its text when that is another.
func (x *extraction) amount(param string, lo, hi int64, unit *fhir.Node) {
	row := QuantityRow{Param: param, Lo: min(lo, hi), Hi: max(lo, hi)}
	text := key(unit.Get("unit").Text())
	switch code := unit.Get("code").Text(); {
	case code != "":
		row.System, row.Code = key(unit.Get("system").Text()), key(code)
	case unit.Get("currency") != nil:
		row.System, row.Code = currencies, key(unit.Get("currency").Text())
	default:
		row.Code = text
	}
	x.rows.Quantities = append(x.rows.Quantities, row)
	if text != "" && text != row.Code {
		row.System, row.Code = "", text
		x.rows.Quantities = append(x.rows.Quantities, row)
	}
}
