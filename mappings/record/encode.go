package record

import (
	"reflect"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// Obj is the record as a JSON object, fields in schema order, empty ones left
// out. Required numbers are written even when they are 0.
func Obj(r Record) fhir.Object {
	s := SchemaOf(r.Name())
	return appendFields(fhir.Obj("record", r.Name()), s, reflect.ValueOf(r).Elem())
}

// JSON is the record as a JSON message.
func JSON(r Record) []byte { return Obj(r).JSON() }

func appendFields(o fhir.Object, s *Schema, v reflect.Value) fhir.Object {
	for _, f := range s.Fields {
		if value := jsonValue(f, v.FieldByIndex(f.index)); value != nil {
			o = o.With(f.Name, value)
		}
	}
	return o
}

// jsonValue is a field's value for fhir.Obj; nil when it states nothing.
func jsonValue(f *Field, v reflect.Value) any {
	if v.IsZero() && (!f.Need || f.Shape == Many || f.Shape == Text) {
		return nil
	}
	switch f.Shape {
	case One:
		return appendFields(fhir.Obj(), f.Elem, v.Elem())
	case Many:
		list := make(fhir.List, v.Len())
		for i := range list {
			list[i] = appendFields(fhir.Obj(), f.Elem, v.Index(i))
		}
		return list
	case Decimal:
		return fhir.Number(v.Interface().(ledger.Decimal).String())
	}
	return v.Interface()
}

// Plain is a field's value as the text of a cell; empty when it states nothing.
func Plain(f *Field, v reflect.Value) string {
	if v.IsZero() && !f.Need {
		return ""
	}
	switch f.Shape {
	case Decimal:
		return v.Interface().(ledger.Decimal).String()
	case Whole:
		return strconv.FormatInt(v.Int(), 10)
	case Flag:
		return strconv.FormatBool(v.Bool())
	case WordList:
		return joined(v.Interface().(IDs), ";")
	case ModifierList:
		return v.Interface().(Modifiers).String()
	}
	return v.String()
}

func joined(list []string, by string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += by
		}
		out += s
	}
	return out
}

// Of is the field of a struct the schema describes.
func (f *Field) Of(v reflect.Value) reflect.Value { return v.FieldByIndex(f.index) }
