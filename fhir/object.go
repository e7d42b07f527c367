package fhir

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Number is an exact JSON number, kept as written: Number("12.50").
type Number string

// List is a JSON array. Empty elements are left out when it is written.
type List []any

// Object is a JSON object under construction, with its members in the order
// given. The zero value is an empty object. Objects are values: With returns
// a new one.
type Object struct{ members []property }

type property struct {
	name  string
	value any
}

// Obj builds an object from name, value pairs. A value is a string, bool, any
// integer, Number, Object, List, *Resource, *Node, a slice of those, or a type
// based on one of them. Empty values ("", nil, an Object or List with nothing
// in it) are left out, as FHIR forbids them; false and 0 are kept. It panics on
// other types and odd pairs: that is a mistake in the program, not in data.
func Obj(kv ...any) Object {
	if len(kv)%2 != 0 {
		panic("fhir.Obj: a name without a value")
	}
	o := Object{members: make([]property, 0, len(kv)/2)}
	for i := 0; i < len(kv); i += 2 {
		o.members = append(o.members, property{kv[i].(string), kv[i+1]})
	}
	return o
}

// With returns the object with one member set, replaced where it was or added
// at the end. An empty value removes it.
func (o Object) With(key string, v any) Object {
	members := slices.Clone(o.members)
	for i := range members {
		if members[i].name == key {
			members[i].value = v
			return Object{members}
		}
	}
	return Object{append(members, property{key, v})}
}

// Get returns the value set for key, nil when there is none.
func (o Object) Get(key string) any {
	for _, m := range o.members {
		if m.name == key {
			return m.value
		}
	}
	return nil
}

// JSON writes the object, compact, members in the order they were given.
func (o Object) JSON() []byte {
	if b := appendObject(nil, o); len(b) > 0 {
		return b
	}
	return []byte("{}")
}

// Resource parses the object as Parse does, with the default limits.
func (o Object) Resource() (*Resource, Issues) {
	return Parse(o.JSON(), Limits{})
}

// appendObject appends o, or nothing when o has no member worth writing.
func appendObject(dst []byte, o Object) []byte {
	mark := len(dst)
	dst = append(dst, '{')
	for _, m := range o.members {
		at := len(dst)
		if at > mark+1 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, m.name)
		dst = append(dst, ':')
		value := len(dst)
		if dst = appendValue(dst, m.value); len(dst) == value {
			dst = dst[:at]
		}
	}
	if len(dst) == mark+1 {
		return dst[:mark]
	}
	return append(dst, '}')
}

func appendList[T any](dst []byte, list []T) []byte {
	mark := len(dst)
	dst = append(dst, '[')
	for _, v := range list {
		at := len(dst)
		if at > mark+1 {
			dst = append(dst, ',')
		}
		value := len(dst)
		if dst = appendValue(dst, v); len(dst) == value {
			dst = dst[:at]
		}
	}
	if len(dst) == mark+1 {
		return dst[:mark]
	}
	return append(dst, ']')
}

// appendValue appends v, or nothing when it is empty.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return dst
	case string:
		if v == "" {
			return dst
		}
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case Number:
		return append(dst, v...)
	case Object:
		return appendObject(dst, v)
	case List:
		return appendList(dst, v)
	case []Object:
		return appendList(dst, v)
	case []string:
		return appendList(dst, v)
	case *Resource:
		if v == nil {
			return dst
		}
		return append(dst, v.JSON...)
	case *Node:
		return append(dst, v.Raw()...)
	}
	return appendReflected(dst, reflect.ValueOf(v))
}

// appendReflected serves types based on a plain one (a Ref, a code) and slices.
func appendReflected(dst []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.String:
		return appendValue(dst, v.String())
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(dst, v.Uint(), 10)
	case reflect.Slice:
		list := make(List, v.Len())
		for i := range list {
			list[i] = v.Index(i).Interface()
		}
		return appendList(dst, list)
	case reflect.Pointer:
		if v.IsNil() {
			return dst
		}
		return appendValue(dst, v.Elem().Interface())
	}
	panic(fmt.Sprintf("fhir.Obj: cannot write a %s as JSON; give a string, bool, integer, Number, Object or List", v.Type()))
}

// appendString quotes s; bytes that are not UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // its error reports invalid UTF-8, which it has replaced
	return dst
}
