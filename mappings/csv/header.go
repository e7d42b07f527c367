package csv

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
)

// table is a layout as one header orders it.
type table struct {
	*layout
	order  []*column // by place in the row
	titles []string  // as the header names them
}

// maxColumns bounds a header; our widest table has fewer than a hundred columns.
const maxColumns = 1000

// newTable reads a header. columns renames ours to the partner's
// (gateway.Format.Columns); case and blanks around a name do not matter.
func newTable(name string, header []byte, columns map[string]string) (*table, fhir.Issues) {
	t := &table{layout: layouts()[name]}
	titles, wrong := cells(header)
	if wrong == "" && len(titles) == 1 && strings.ContainsAny(titles[0], ";\t") {
		wrong = "columns that are not separated by commas"
	}
	if wrong != "" {
		return nil, fhir.Issues{badHeader(fhir.CodeStructure, "", wrong, "CSV in UTF-8, cells separated by commas (RFC 4180)", `save the sheet as "CSV UTF-8 (comma delimited)"`)}
	}
	if len(titles) > maxColumns {
		return nil, fhir.Issues{badHeader(fhir.CodeTooLong, "", strconv.Itoa(len(titles))+" columns", "at most "+strconv.Itoa(maxColumns), "use the template")}
	}
	t.titles = titles
	return t, t.place(columns)
}

func badHeader(code, path, found, allowed, fix string) fhir.Issue {
	return fhir.Issue{Severity: fhir.Error, Code: code, Path: path, Found: found, Allowed: allowed, Fix: fix, Where: "row 1, the header"}
}

// place finds the column of every title, and reports unknown, repeated and
// missing ones.
func (t *table) place(columns map[string]string) (issues fhir.Issues) {
	known, names := t.theirs(columns)
	seen := map[*column]bool{}
	for i, title := range t.titles {
		c := known[strings.ToLower(title)]
		t.order = append(t.order, c)
		switch {
		case c == nil:
			issues = append(issues, unknown(i, title, names))
		case seen[c]:
			issues = append(issues, badHeader(fhir.CodeStructure, c.name, "the column "+strconv.Quote(title)+" twice", "each column once", "remove one of the two"))
		}
		seen[c] = true
	}
	return append(issues, t.missing(seen, columns)...)
}

// theirs finds columns by the partner's names, in lower case; names are those in
// the table's order.
func (t *table) theirs(columns map[string]string) (known map[string]*column, names []string) {
	known = make(map[string]*column, len(t.columns))
	for i := range t.columns {
		c := &t.columns[i]
		name := strings.ToLower(titleOf(c, columns))
		known[name], names = c, append(names, name)
	}
	return known, names
}

func titleOf(c *column, columns map[string]string) string {
	if theirs := columns[c.name]; theirs != "" {
		return theirs
	}
	return c.name
}

func unknown(i int, title string, names []string) fhir.Issue {
	found := "an unknown column, the " + ordinal(i+1)
	if len(title) <= 32 {
		found = "the unknown column " + strconv.Quote(title)
	}
	fix := "remove the column"
	if near := codes.Nearest(title, names); near != "" {
		fix = "use " + strconv.Quote(near)
	}
	return badHeader(fhir.CodeStructure, "", found, strings.Join(names, ", "), fix)
}

func ordinal(n int) string { return "column number " + strconv.Itoa(n) }

// missing reports columns that the table cannot do without; those of a group
// only when the header has any column of the group.
func (t *table) missing(seen map[*column]bool, columns map[string]string) (issues fhir.Issues) {
	used := map[*group]bool{}
	for i := range t.columns {
		c := &t.columns[i]
		used[c.group] = used[c.group] || seen[c] || c.group.field == nil || c.group.inline
	}
	for i := range t.columns {
		c := &t.columns[i]
		if c.field.InHeader && !seen[c] && used[c.group] {
			title := titleOf(c, columns)
			issues = append(issues, badHeader(fhir.CodeRequired, c.name, "no column "+strconv.Quote(title), "a column "+strconv.Quote(title), "add the column"))
		}
	}
	return issues
}
