package load

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// maxID bounds the texts that go into an index.
const maxID = 200

// text is a cell; empty when the file has no such column.
func (c *cells) text(name string) string {
	if i, ok := c.at[name]; ok {
		return c.values[i]
	}
	return ""
}

// bad reports a cell. An empty found describes the cell by its length: what may
// be personal is never repeated.
func (c *cells) bad(column, found, allowed, fix string) {
	switch {
	case found != "" && len(found) <= 40:
		found = strconv.Quote(found)
	case c.text(column) == "":
		found = "nothing"
	default:
		found = "a text of " + strconv.Itoa(len(c.text(column))) + " bytes"
	}
	c.issues = append(c.issues, Issue{0, column, found, allowed, fix})
}

// key is a cell that identifies: it must be there and fit an index.
func (c *cells) key(name string) string {
	v := c.text(name)
	if v == "" || len(v) > maxID {
		c.bad(name, "", "an id of 1 to 200 bytes", "fill the cell")
	}
	return v
}

// id is a cell that may be empty but has to fit an index.
func (c *cells) id(name string) string {
	v := c.text(name)
	if len(v) > maxID {
		c.bad(name, "", "at most 200 bytes", "send the id itself")
	}
	return v
}

// modifiers are what a message would say of them: separated by one blank each.
func (c *cells) modifiers() string {
	v := c.id("modifiers")
	if !strings.ContainsAny(v, ": \t") {
		return v
	}
	return record.ParseModifiers(v).String()
}

// word is one of some words; also maps further spellings.
func (c *cells) word(name string, allowed []string, also map[string]string) string {
	v := strings.ToLower(c.text(name))
	if to, ok := also[v]; ok {
		return to
	}
	for _, w := range allowed {
		if w == v {
			return w
		}
	}
	if v != "" {
		c.bad(name, c.text(name), strings.Join(allowed, ", "), "use one of these words")
	}
	return ""
}

// day is a calendar date; empty is missing.
func (c *cells) day(name string, missing ledger.Day) ledger.Day {
	v := c.text(name)
	if v == "" {
		return missing
	}
	d, err := ledger.ParseDay(v)
	if err != nil {
		c.bad(name, v, "a calendar date, YYYY-MM-DD", "write a real date")
	}
	return d
}

// whole is a whole number; empty is 0.
func (c *cells) whole(name string) int64 {
	v := c.text(name)
	if v == "" {
		return 0
	}
	d, err := ledger.ParseDecimal(v)
	n, ok := d.Int()
	if err != nil || !ok || n < 0 {
		c.bad(name, v, "a whole number, 0 or more", "write digits only")
	}
	return n
}
