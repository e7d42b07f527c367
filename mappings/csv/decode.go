package csv

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// Decode reads one record: a header and the record's rows. first is the row
// number of the first of them in the partner's file, for the issues.
func Decode(name string, body []byte, first int, columns map[string]string, words record.Words) (record.Record, fhir.Issues) {
	in := newRows(bytes.NewReader(body), len(body))
	header, err := in.next()
	if err != nil || blank(header) {
		return nil, fhir.Issues{badHeader(fhir.CodeStructure, "", "an empty file", "a header row, then one row for each record", "use the template of this kind")}
	}
	t, issues := newTable(name, header, columns)
	if issues != nil {
		return nil, issues
	}
	b := builder{table: t, objects: map[*group]*record.Node{}}
	for row := first; ; row++ {
		raw, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.bad(row, "", err.Error(), "rows of at most 1 MB", "close every quotation mark")
			break
		}
		if !blank(raw) {
			b.row(row, raw)
		}
	}
	return b.record(name, words)
}

// builder makes the nodes of one record from its rows.
type builder struct {
	*table
	root    *record.Node
	objects map[*group]*record.Node // the record and the objects in it, filled over all rows
	issues  fhir.Issues
}

func (b *builder) bad(row int, column, found, allowed, fix string) {
	place := record.Node{Row: row, Column: column}
	b.issues = append(b.issues, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeStructure, Path: column, Found: found, Allowed: allowed, Fix: fix, Where: place.Where()})
}

func (b *builder) record(name string, words record.Words) (record.Record, fhir.Issues) {
	if b.root == nil {
		if b.issues == nil {
			b.bad(2, "", "a header and nothing below it", "at least one row", "add the rows")
		}
		return nil, b.issues
	}
	rec, issues := record.Decode(name, b.root, words)
	if issues = append(b.issues, issues...); issues.Errors() {
		return nil, issues
	}
	return rec, issues
}

// row adds one row to the record.
func (b *builder) row(row int, raw []byte) {
	values, wrong := cells(raw)
	if wrong != "" {
		b.bad(row, "", wrong, "CSV in UTF-8; cells with commas or quotes in quotes (RFC 4180)", "save the sheet as CSV UTF-8 again")
		return
	}
	if len(values) != len(b.titles) {
		b.bad(row, "", count(len(values), "cell"), count(len(b.titles), "cell")+", as the header has", "fill the missing cells or quote the commas inside cells")
		return
	}
	entries := map[*group]*record.Node{}
	for i, c := range b.order {
		text, formula := unescape(values[i])
		if formula && c.field.Shape != record.Whole && c.field.Shape != record.Decimal {
			b.bad(row, b.titles[i], "a text that begins like a formula", "text that does not begin with =, + or @", "put an apostrophe before it, or remove the sign")
		}
		b.cell(c, &record.Node{Form: record.Cell, Text: text, Row: row, Column: b.titles[i]}, entries)
	}
	b.keep(row, entries)
}

// cell puts a cell into the node of its group: one for the whole record, or
// one for this row when the group is a list.
func (b *builder) cell(c *column, n *record.Node, entries map[*group]*record.Node) {
	node, whole := entries[c.group], false
	if c.group.field == nil || c.group.field.Shape == record.One {
		node, whole = b.objects[c.group], true
	}
	if node == nil {
		node = &record.Node{Form: record.Object, Row: n.Row}
		if whole {
			b.objects[c.group] = node
		} else {
			entries[c.group] = node
		}
	}
	if c.group.field == nil {
		b.root = node
	}
	before := node.Get(c.field.Name)
	switch {
	case before == nil:
		node.Members = append(node.Members, record.Entry{Name: c.field.Name, Node: n})
	case before.Text == "":
		*before = *n
	case n.Text != "" && n.Text != before.Text:
		b.bad(n.Row, n.Column, "another value than in row "+strconv.Itoa(before.Row), "one value for all rows of a record", "leave the cell empty, or repeat the first value")
	}
}

// keep adds the list entries of a row, and the objects that say something, to
// the nodes they belong to.
func (b *builder) keep(row int, entries map[*group]*record.Node) {
	for _, g := range b.groups {
		switch entry := entries[g]; {
		case g.field == nil:
		case g.field.Shape == record.One:
			if o := b.objects[g]; o != nil && says(o) {
				b.attach(g, o)
			}
		case entry != nil && (says(entry) || g.inline):
			list := b.attach(g, &record.Node{Form: record.Array, Row: row})
			list.Items = append(list.Items, entry)
		}
	}
}

// attach makes sure that the parent of a group has its node, and gives it.
func (b *builder) attach(g *group, n *record.Node) *record.Node {
	parent := b.objects[g.parent]
	if parent == nil {
		parent = &record.Node{Form: record.Object, Row: n.Row}
		b.objects[g.parent] = parent
	}
	if have := parent.Get(g.field.Name); have != nil {
		return have
	}
	parent.Members = append(parent.Members, record.Entry{Name: g.field.Name, Node: n})
	return n
}

// says tells whether any cell of an object is filled.
func says(n *record.Node) bool {
	for _, m := range n.Members {
		if m.Node.Form != record.Cell || m.Node.Text != "" {
			return true
		}
	}
	return false
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
