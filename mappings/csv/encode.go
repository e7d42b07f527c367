package csv

import (
	"bytes"
	"reflect"
	"strings"

	"github.com/throughline/throughline/mappings/record"
)

// Header is the header row of a record's table.
func Header(name string) []byte { return []byte(strings.Join(Columns(name), ",") + "\n") }

// Rows writes a record without the header: one row for each entry of its
// longest list, at least one. An authorization has one row for each item, each
// an authorization of its own.
func Rows(r record.Record) []byte {
	many, ok := r.(interface{ Apart() []record.Record })
	if !ok {
		return rowsOf(r)
	}
	var all []byte
	for _, one := range many.Apart() {
		all = append(all, rowsOf(one)...)
	}
	return all
}

func rowsOf(r record.Record) []byte {
	l := layouts()[r.Name()]
	values := map[*group][]reflect.Value{}
	count := 1
	for _, g := range l.groups {
		values[g] = entriesOf(g, values, reflect.ValueOf(r).Elem())
		count = max(count, len(values[g]))
	}
	var b bytes.Buffer
	for row := range count {
		for i, c := range l.columns {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(cellOf(c, values[c.group], row, i == 0))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// entriesOf are the structs of a group: the record, the object if there is
// one, the entries of the list.
func entriesOf(g *group, values map[*group][]reflect.Value, rec reflect.Value) []reflect.Value {
	if g.field == nil {
		return []reflect.Value{rec}
	}
	parents := values[g.parent]
	if len(parents) == 0 {
		return nil
	}
	v := g.field.Of(parents[0])
	if g.field.Shape == record.One {
		if v.IsNil() {
			return nil
		}
		return []reflect.Value{v.Elem()}
	}
	list := make([]reflect.Value, v.Len())
	for i := range list {
		list[i] = v.Index(i)
	}
	return list
}

// cellOf is one cell; the record's id is repeated in every row.
func cellOf(c column, entries []reflect.Value, row int, id bool) string {
	if id {
		row = 0
	}
	if row >= len(entries) {
		return ""
	}
	text := record.Plain(c.field, c.field.Of(entries[row]))
	if c.field.Shape != record.Whole && c.field.Shape != record.Decimal {
		text = escape(text)
	}
	return quote(text)
}
