package record

import (
	"reflect"
	"strings"

	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
)

// Shape is how a field is read and written.
type Shape uint8

// The shapes of fields.
const (
	Text Shape = iota
	Whole
	Decimal
	Flag
	Day
	LooseDay
	Moment
	WordList
	ModifierList
	One  // an object that may be absent
	Many // a list of objects
)

// Says names what a shape allows, in words for a partner.
func (s Shape) Says() string {
	return [...]string{"text", "a whole number", "a number with at most 6 digits after the point", "true or false", "a date, YYYY-MM-DD",
		"a date, YYYY-MM-DD", "a moment with seconds and zone, 2026-03-02T15:04:05-05:00, or a date", "a list of ids", "a list of modifiers",
		"an object", "a list of objects"}[s]
}

// Field is one field of a record or of an entry in it.
type Field struct {
	Name     string // JSON name
	Column   string // CSV column: the name, after the prefixes of the lists around it
	CSV      string // prefix of its columns (One, Many); "-" = not in CSV; "*" = no prefix
	Shape    Shape
	Need     bool
	InHeader bool // its CSV column must be there, even when empty
	Personal bool
	Table    *codes.Table
	Open     bool // values outside the table are taken as sent
	FHIR     string
	Loss     string
	Elem     *Schema // of One and Many
	index    []int
}

// Schema lists the fields of a struct, in order.
type Schema struct {
	Name   string // of the record; empty for entries
	Fields []*Field
	typ    reflect.Type
}

// Field finds a field by its JSON name; nil when there is none.
func (s *Schema) Field(name string) *Field {
	for _, f := range s.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Names are the JSON names of the fields.
func (s *Schema) Names() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

// Inline is the list whose first entry is written among the record's own
// fields (csv "*"); nil when there is none.
func (s *Schema) Inline() *Field {
	for _, f := range s.Fields {
		if f.CSV == "*" {
			return f
		}
	}
	return nil
}

// newSchema reads the tags of a struct type.
func newSchema(name, prefix string, t reflect.Type) *Schema {
	s := &Schema{Name: name, typ: t}
	s.add(t, nil, prefix, "")
	return s
}

func (s *Schema) add(t reflect.Type, index []int, prefix, csv string) {
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(append([]int(nil), index...), i)
		tag := sf.Tag
		if sf.Anonymous {
			s.add(sf.Type, at, prefix, tag.Get("csv"))
			continue
		}
		f := &Field{
			Name: tag.Get("json"), CSV: tag.Get("csv"), Need: tag.Get("need") == "yes", InHeader: tag.Get("need") != "", Personal: tag.Get("personal") == "yes",
			Table: codes.Get(tag.Get("code")), Open: tag.Get("open") == "yes", FHIR: tag.Get("fhir"), Loss: tag.Get("loss"), index: at,
		}
		f.Name, _, _ = strings.Cut(f.Name, ",")
		if csv != "" {
			f.CSV = csv
		}
		f.Column = prefix + f.Name
		var entry reflect.Type
		if f.Shape, entry = shapeOf(sf.Type); entry != nil {
			f.Elem = newSchema("", f.inner(prefix), entry)
		}
		s.Fields = append(s.Fields, f)
	}
}

// inner is the prefix of the columns of a nested list or object.
func (f *Field) inner(prefix string) string {
	switch f.CSV {
	case "*":
		return prefix
	case "-":
		return prefix + f.Name + "_"
	}
	return prefix + f.CSV + "_"
}

// shapeOf is the shape of a Go type, and the type of its entries if it has any.
func shapeOf(t reflect.Type) (Shape, reflect.Type) {
	switch t {
	case reflect.TypeFor[Date]():
		return Day, nil
	case reflect.TypeFor[AnyDate]():
		return LooseDay, nil
	case reflect.TypeFor[Instant]():
		return Moment, nil
	case reflect.TypeFor[ledger.Decimal]():
		return Decimal, nil
	case reflect.TypeFor[IDs]():
		return WordList, nil
	case reflect.TypeFor[Modifiers]():
		return ModifierList, nil
	}
	switch t.Kind() {
	case reflect.Int64:
		return Whole, nil
	case reflect.Bool:
		return Flag, nil
	case reflect.Pointer:
		return One, t.Elem()
	case reflect.Slice:
		return Many, t.Elem()
	}
	return Text, nil
}
