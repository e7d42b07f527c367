// Package json reads and writes records as JSON (docs/mappings). Reading is
// strict: repeated members, bad UTF-8 and text after the value are refused
// (RFC 8259). What the fields mean is record's affair.
package json

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// Decode reads one record of the kind. Fields of the first entry of an inline
// list may stand among the record's own, as they do in CSV.
func Decode(name string, body []byte, words record.Words) (record.Record, fhir.Issues) {
	n, issues := Parse(body)
	if issues != nil {
		return nil, issues
	}
	if issue := sameRecord(name, n); issue != nil {
		return nil, fhir.Issues{*issue}
	}
	return record.Decode(name, inline(record.SchemaOf(name), n), words)
}

// sameRecord refuses an object that says it is another record.
func sameRecord(name string, n *record.Node) *fhir.Issue {
	said := n.Get("record")
	if n.Form != record.Object || said == nil || said.Text == name {
		return nil
	}
	return &fhir.Issue{Severity: fhir.Error, Code: fhir.CodeValue, Path: "record", Found: "another record", Allowed: strconv.Quote(name),
		Fix: "send each record to the door of its kind"}
}

// inline moves fields of an inline list's entry from the record into the list.
func inline(s *record.Schema, n *record.Node) *record.Node {
	list := s.Inline()
	if list == nil || n.Form != record.Object || n.Get(list.Name) != nil {
		return n
	}
	out := &record.Node{Form: record.Object}
	item := &record.Node{Form: record.Object}
	for _, m := range n.Members {
		if s.Field(m.Name) == nil && list.Elem.Field(m.Name) != nil {
			item.Members = append(item.Members, m)
			continue
		}
		out.Members = append(out.Members, m)
	}
	if len(item.Members) > 0 {
		items := &record.Node{Form: record.Array, Items: []*record.Node{item}}
		out.Members = append(out.Members, record.Entry{Name: list.Name, Node: items})
	}
	return out
}
