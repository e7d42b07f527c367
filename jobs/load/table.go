package load

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/throughline/throughline/gateway"
)

// Issue is one thing that is wrong with one row, in words for whoever mends it.
// Found never repeats a member's id.
type Issue struct {
	Row     int64  `json:"row"` // the header is row 1
	Column  string `json:"column,omitempty"`
	Found   string `json:"found"`
	Allowed string `json:"allowed"`
	Fix     string `json:"fix"`
}

// String is the issue on one line.
func (i Issue) String() string {
	where := fmt.Sprintf("row %d", i.Row)
	if i.Column != "" {
		where += ", column " + i.Column
	}
	return fmt.Sprintf("%s: found %s; allowed: %s; to mend: %s", where, i.Found, i.Allowed, i.Fix)
}

// HeaderError says why a file cannot be read at all.
type HeaderError struct{ Issues []Issue }

// Error lists the issues.
func (e *HeaderError) Error() string {
	texts := make([]string, len(e.Issues))
	for i, issue := range e.Issues {
		texts[i] = issue.String()
	}
	return strings.Join(texts, "; ")
}

// column is one of our columns.
type column struct {
	name string
	need bool // the header must have it
}

// table knows where each of our columns stands in this file.
type table struct {
	cells
	titles []string
}

// cells is the current row.
type cells struct {
	at     map[string]int // our column -> place
	names  []string       // our columns by place; "" = unknown
	values []string
	codes  map[string]map[string]string
	issues []Issue
}

func newTable(columns []column, header []byte, f gateway.Format) (*table, error) {
	t := &table{cells: cells{at: map[string]int{}, codes: f.Codes}}
	if wrong := t.split(header); wrong != "" || blank(header) {
		return nil, &HeaderError{[]Issue{{1, "", orEmpty(wrong, "an empty header"), "a header row in UTF-8, columns separated by commas", "use the template of this table"}}}
	}
	t.titles = append(t.titles, t.values...)
	t.names = make([]string, len(t.titles))
	issues := t.place(columns, f.Columns)
	for _, c := range columns {
		if _, ok := t.at[c.name]; !ok && c.need {
			issues = append(issues, Issue{1, theirs(c.name, f.Columns), "no such column", "a column of this name", "add the column, or name the partner's own in its configuration"})
		}
	}
	if issues != nil {
		return nil, &HeaderError{issues}
	}
	return t, nil
}

func orEmpty(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func theirs(name string, own map[string]string) string { return orEmpty(own[name], name) }

// place finds our columns among the titles; case does not matter.
func (t *table) place(columns []column, own map[string]string) (issues []Issue) {
	for i, title := range t.titles {
		known := false
		for _, c := range columns {
			if !strings.EqualFold(strings.TrimSpace(title), theirs(c.name, own)) {
				continue
			}
			known = true
			if _, twice := t.at[c.name]; twice {
				issues = append(issues, Issue{1, c.name, "this column twice", "each column once", "remove one of the two"})
			}
			t.at[c.name], t.names[i] = i, c.name
		}
		if !known {
			issues = append(issues, Issue{1, "", unknownTitle(i, title), nameList(columns, own), "remove or rename the column"})
		}
	}
	return issues
}

func unknownTitle(i int, title string) string {
	if len(title) > 32 {
		return "an unknown column, number " + strconv.Itoa(i+1)
	}
	return "the unknown column " + strconv.Quote(title)
}

func nameList(columns []column, own map[string]string) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = theirs(c.name, own)
	}
	return strings.Join(names, ", ")
}

// read takes a row apart; it answers what is wrong with it as a row.
func (t *table) read(raw []byte) []Issue {
	t.issues = t.issues[:0]
	if wrong := t.split(raw); wrong != "" {
		return []Issue{{0, "", wrong, "CSV in UTF-8; cells with commas or quotes in quotes (RFC 4180)", "save the sheet as CSV UTF-8 again"}}
	}
	if len(t.values) != len(t.titles) {
		return []Issue{{0, "", fmt.Sprintf("%d cells", len(t.values)), fmt.Sprintf("%d cells, as the header has", len(t.titles)), "fill the missing cells, or quote the commas inside cells"}}
	}
	for i, v := range t.values {
		t.values[i] = t.plain(i, v)
	}
	if len(t.issues) > 0 {
		return t.issues
	}
	return nil
}

// plain takes the apostrophe off an escaped text, refuses what a spreadsheet
// would run as a formula, and translates the partner's codes.
func (t *table) plain(i int, v string) string {
	if v != "" && strings.IndexByte("=+@'", v[0]) >= 0 {
		switch {
		case v[0] == '\'' && len(v) > 1 && strings.IndexByte("=+@-'", v[1]) >= 0:
			v = v[1:]
		case v[0] != '\'' && t.names[i] != "units":
			t.bad(t.names[i], "", "text that does not begin with =, + or @", "put an apostrophe before it, or remove the sign")
		}
	}
	if ours, ok := t.codes[t.names[i]][v]; ok {
		return ours
	}
	return v
}

// split cuts a row into its cells, without the blanks around them.
func (c *cells) split(raw []byte) (wrong string) {
	c.values = c.values[:0]
	switch {
	case len(raw) > maxRow:
		return "a row of more than 64 KB"
	case !utf8.Valid(raw), bytes.IndexByte(raw, 0) >= 0:
		return "bytes that are not text in UTF-8"
	}
	rest := strings.TrimRight(string(raw), "\r\n")
	for {
		var cell string
		if len(rest) > 0 && rest[0] == '"' {
			if cell, rest, wrong = quotedCell(rest[1:]); wrong != "" {
				return wrong
			}
			c.values = append(c.values, strings.TrimSpace(cell))
		} else {
			end := strings.IndexByte(rest, ',')
			if end < 0 {
				end = len(rest)
			}
			cell, rest = rest[:end], rest[end:]
			if strings.IndexByte(cell, '"') >= 0 {
				return "a quotation mark inside a cell that is not quoted"
			}
			c.values = append(c.values, strings.TrimSpace(cell))
		}
		if rest == "" {
			return ""
		}
		rest = rest[1:]
	}
}

// quotedCell reads up to the closing quote; rest begins with the comma after it.
func quotedCell(s string) (cell, rest, wrong string) {
	for at := 0; ; {
		end := strings.IndexByte(s[at:], '"')
		if end < 0 {
			return "", "", "a quotation mark that is never closed"
		}
		at += end
		if at+1 < len(s) && s[at+1] == '"' {
			at += 2
			continue
		}
		cell, rest = strings.ReplaceAll(s[:at], `""`, `"`), s[at+1:]
		if rest != "" && rest[0] != ',' {
			return "", "", "text after a closing quotation mark"
		}
		return cell, rest, ""
	}
}
