package json

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Part is one record of a body that may hold several.
type Part struct {
	Row  int    // 1-based place in the body
	Name string // of the record
	Key  string // unique inside the body
	Body []byte // the record's own text
}

// Split cuts a body into records: one object with "record", an object with
// "records", or an array of objects.
func Split(body []byte) ([]Part, fhir.Issues) {
	n, issues := Parse(body)
	if issues != nil {
		return nil, issues
	}
	list := []jsontext.Value{body}
	switch {
	case n.Form == record.Array:
		list = elements(body)
	case n.Get("records") != nil:
		if issue := onlyRecords(n); issue != nil {
			return nil, fhir.Issues{*issue}
		}
		list = elements(member(body, "records"))
	}
	parts := make([]Part, 0, len(list))
	for i, raw := range list {
		part, issue := onePart(i+1, raw)
		if issue != nil {
			issue.Where = "record " + strconv.Itoa(i+1)
			issues = append(issues, *issue)
			continue
		}
		parts = append(parts, part)
	}
	return parts, issues
}

func onlyRecords(n *record.Node) *fhir.Issue {
	if n.Get("records").Form == record.Array && len(n.Members) == 1 {
		return nil
	}
	return &fhir.Issue{Severity: fhir.Error, Code: fhir.CodeStructure, Path: "records", Found: "more than a list of records",
		Allowed: `{"records": [ ... ]} with nothing beside it`, Fix: "put every field into a record of the list"}
}

func onePart(row int, raw jsontext.Value) (Part, *fhir.Issue) {
	n, _ := Parse(raw)
	name := n.Get("record")
	if n.Form != record.Object || name == nil || record.SchemaOf(name.Text) == nil {
		return Part{}, unknownRecord(n, name)
	}
	return Part{Row: row, Name: name.Text, Key: strconv.Itoa(row), Body: bytes.TrimSpace(raw)}, nil
}

func unknownRecord(n, name *record.Node) *fhir.Issue {
	i := &fhir.Issue{Severity: fhir.Error, Code: fhir.CodeRequired, Path: "record", Found: "nothing",
		Allowed: "one of " + strings.Join(record.Names, ", "), Fix: `add "record" with the kind of the record`}
	if n.Form != record.Object {
		i.Code, i.Found, i.Fix = fhir.CodeStructure, n.Form.String(), "send an object"
	} else if name != nil {
		i.Code, i.Found, i.Fix = fhir.CodeValue, "a kind we do not have", "use one of the allowed kinds"
		if near := codes.Nearest(name.Text, record.Names); near != "" {
			i.Fix = "use " + strconv.Quote(near)
		}
	}
	return i
}

// elements are the texts of an array that has been parsed before.
func elements(array jsontext.Value) []jsontext.Value {
	dec := jsontext.NewDecoder(bytes.NewReader(array))
	var out []jsontext.Value
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil {
			return out
		}
		out = append(out, slices.Clone(v))
	}
	return out
}

// member is the text of one member of an object that has been parsed before.
func member(object jsontext.Value, name string) jsontext.Value {
	dec := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	for dec.PeekKind() == '"' {
		tok, err := dec.ReadToken()
		if err != nil {
			return nil
		}
		found := tok.String() == name
		v, err := dec.ReadValue()
		if err != nil || found {
			return slices.Clone(v)
		}
	}
	return nil
}
