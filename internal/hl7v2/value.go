package hl7v2

import "bytes"

type level uint8

// The levels of nesting (HL7 v2 2.5.3); literal is MSH-1 and MSH-2, where
// delimiters are data.
const (
	field level = iota
	repetition
	component
	subComponent
	literal
)

// Value is a field or a part of one, as received. The zero Value is Empty.
type Value struct {
	raw   []byte
	m     *Message
	level level
}

// Empty says that nothing was sent: leave the receiver's value alone.
func (v Value) Empty() bool { return len(v.raw) == 0 }

// Null says that "" was sent: delete the receiver's value (HL7 v2 2.5.3.1).
func (v Value) Null() bool { return len(v.raw) == 2 && v.raw[0] == '"' && v.raw[1] == '"' }

// Has says that there is a value: neither Empty nor Null, and not made of
// delimiters only.
func (v Value) Has() bool {
	if v.Empty() || v.Null() {
		return false
	}
	if v.level >= subComponent {
		return true
	}
	d := v.m.Delimiters
	for _, c := range v.raw {
		if c != d.Component && c != d.Repetition && c != d.Sub {
			return true
		}
	}
	return false
}

// Raw are the bytes as received.
func (v Value) Raw() []byte { return v.raw }

// Reps are the repetitions of a field; none when it is empty.
func (v Value) Reps() []Value {
	if v.Empty() {
		return nil
	}
	if v.level != field {
		return []Value{v}
	}
	parts := cut(make([][]byte, 0, 1+bytes.Count(v.raw, []byte{v.m.Delimiters.Repetition})), v.raw, v.m.Delimiters.Repetition)
	out := make([]Value, len(parts))
	for i, p := range parts {
		out[i] = Value{raw: p, m: v.m, level: repetition}
	}
	return out
}

// Rep is repetition n, 1-based.
func (v Value) Rep(n int) Value { return v.part(repetition, n) }

// Comp is component n of the (first) repetition, 1-based.
func (v Value) Comp(n int) Value {
	if v.level == field {
		v = v.Rep(1)
	}
	return v.part(component, n)
}

// Sub is sub-component n of the (first) component, 1-based.
func (v Value) Sub(n int) Value {
	if v.level < component {
		v = v.Comp(1)
	}
	return v.part(subComponent, n)
}

// part is the nth part one level down.
func (v Value) part(to level, n int) Value {
	if v.Empty() || v.level >= to {
		if n == 1 {
			return v
		}
		return Value{}
	}
	raw, sep := v.raw, v.m.Delimiters.at(to)
	for ; n > 1; n-- {
		i := bytes.IndexByte(raw, sep)
		if i < 0 || sep == 0 {
			return Value{}
		}
		raw = raw[i+1:]
	}
	if i := bytes.IndexByte(raw, sep); i >= 0 && sep != 0 {
		raw = raw[:i:i]
	}
	return Value{raw: raw, m: v.m, level: to}
}

// at is the delimiter between parts of a level.
func (d Delimiters) at(l level) byte {
	switch l {
	case repetition:
		return d.Repetition
	case component:
		return d.Component
	case subComponent:
		return d.Sub
	}
	return d.Field
}

// Text is the first sub-component of the first component of the first
// repetition with its escapes undone, in UTF-8; empty for Null.
func (v Value) Text() string {
	if v.level == literal {
		return string(v.raw)
	}
	return v.Sub(1).Whole()
}

// Whole is the value with its escapes undone and every delimiter left in
// place, in UTF-8: for texts whose senders do not escape (OBX-5, NTE-3). Empty
// for Null.
func (v Value) Whole() string {
	if v.Empty() || v.Null() {
		return ""
	}
	return v.m.decode(v.raw)
}
