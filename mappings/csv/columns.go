package csv

import (
	"sync"

	"github.com/throughline/throughline/mappings/record"
)

// column is one column of a record's table: a field of the record itself, or
// of the group that its prefix names.
type column struct {
	name  string
	field *record.Field
	group *group
}

// group is the part of a record that a set of columns fills: the record, an
// object in it, or the entries of a list.
type group struct {
	field  *record.Field // nil = the record itself
	parent *group
	inline bool // its columns stand among the record's own
}

// layout is a record's table.
type layout struct {
	columns []column
	groups  []*group // parents before children
}

// layouts are the tables of all records.
var layouts = sync.OnceValue(func() map[string]*layout {
	all := make(map[string]*layout, len(record.Names))
	for _, name := range record.Names {
		l := &layout{}
		l.add(record.SchemaOf(name), &group{})
		all[name] = l
	}
	return all
})

func (l *layout) add(s *record.Schema, g *group) {
	l.groups = append(l.groups, g)
	var nested []*record.Field
	for _, f := range s.Fields {
		switch {
		case f.CSV == "-":
		case f.CSV == "*":
			l.add(f.Elem, &group{field: f, parent: g, inline: true})
		case f.Elem != nil:
			nested = append(nested, f)
		default:
			l.columns = append(l.columns, column{f.Column, f, g})
		}
	}
	for _, f := range nested {
		l.add(f.Elem, &group{field: f, parent: g})
	}
}

// single says that every row of the table is a record of its own.
func (l *layout) single() bool {
	for _, g := range l.groups {
		if g.field != nil && !g.inline {
			return false
		}
	}
	return true
}

func (l *layout) names() []string {
	names := make([]string, len(l.columns))
	for i, c := range l.columns {
		names[i] = c.name
	}
	return names
}

// Columns are the columns of a record's table, in order.
func Columns(name string) []string { return layouts()[name].names() }
