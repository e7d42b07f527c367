package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A sheet is a table that is written and read in bulk: its number columns
// first, then its text columns. None is ever null.
type sheet struct {
	name  string
	nums  []column
	texts []string
}

// column is a number column and its width on PostgreSQL: 2, 4 or 8 bytes.
type column struct {
	name  string
	bytes int
}

// sheetRow is one row of any sheet, in the order of its columns.
type sheetRow struct {
	n [11]int64
	s [16]string
}

// columns is the list of all columns, numbers first.
func (h *sheet) columns() string {
	names := make([]string, 0, len(h.nums)+len(h.texts))
	for _, c := range h.nums {
		names = append(names, c.name)
	}
	return strings.Join(append(names, h.texts...), ", ")
}

// fewRows is the number of rows from which COPY beats an INSERT.
const fewRows = 50

// insertRows writes rows by COPY on PostgreSQL and in INSERTs of fewRows rows on
// SQLite (speed.md, section 1). A few rows on PostgreSQL are only queued.
func (h *sheet) insertRows(ctx context.Context, t *tx, pages ...[]sheetRow) error {
	if t.pg != nil && countRows(pages) > fewRows {
		return h.copyRows(ctx, t, pages)
	}
	one, many := h.insertText(1, t.pg != nil), ""
	for _, rows := range pages {
		for len(rows) > 0 {
			n, text := 1, one // few texts: each is prepared once
			if t.pg == nil && len(rows) >= fewRows {
				if many == "" {
					many = h.insertText(fewRows, false)
				}
				n, text = fewRows, many
			}
			t.put(text, h.values(rows[:n])...)
			rows = rows[n:]
			if t.pg == nil { // no round trip to save, but memory
				if err := t.flush(ctx); err != nil {
					return fmt.Errorf("%s: %w", h.name, err)
				}
			}
		}
	}
	return nil
}

func countRows(pages [][]sheetRow) (n int) {
	for _, rows := range pages {
		n += len(rows)
	}
	return n
}

func (h *sheet) values(rows []sheetRow) []any {
	out := make([]any, 0, len(rows)*(len(h.nums)+len(h.texts)))
	for i := range rows {
		for c := range h.nums {
			out = append(out, rows[i].n[c])
		}
		for c := range h.texts {
			out = append(out, rows[i].s[c])
		}
	}
	return out
}

// insertText is an INSERT of some rows. SQLite gets nameless parameters: it looks
// named ones up one after the other.
func (h *sheet) insertText(rows int, numbered bool) string {
	width := len(h.nums) + len(h.texts)
	marks := make([]string, rows)
	for r := range rows {
		cells := make([]string, width)
		for c := range width {
			cells[c] = "?"
			if numbered {
				cells[c] = "$" + strconv.Itoa(r*width+c+1)
			}
		}
		marks[r] = "(" + strings.Join(cells, ",") + ")"
	}
	return "insert into " + h.name + " (" + h.columns() + ") values " + strings.Join(marks, ",")
}

// copyRows is COPY in PostgreSQL's binary form
// (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format").
func (h *sheet) copyRows(ctx context.Context, t *tx, pages [][]sheetRow) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	body := &copyBody{sheet: h, pages: pages, pause: t.pause, open: []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")}
	return t.conn.Raw(func(c any) error {
		_, err := t.pg(c).PgConn().CopyFrom(ctx, body, "copy "+h.name+" ("+h.columns()+") from stdin (format binary)")
		if err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
		return nil
	})
}

// copyBody is rows in the form of COPY, made page by page while they are sent.
type copyBody struct {
	*sheet
	pages [][]sheetRow
	pause func() // nil = goes on
	open  []byte // made, not yet sent: the rest of buf
	buf   []byte
	ended bool
}

// Read gives what comes next.
func (b *copyBody) Read(into []byte) (int, error) {
	for len(b.open) == 0 {
		switch {
		case b.ended:
			return 0, io.EOF
		case len(b.pages) == 0:
			b.open, b.ended = []byte{0xff, 0xff}, true
		default:
			b.buf = b.buf[:0]
			for i := range b.pages[0] {
				b.buf = b.appendRow(b.buf, &b.pages[0][i])
			}
			b.open, b.pages = b.buf, b.pages[1:]
			if b.pause != nil {
				b.pause()
			}
		}
	}
	n := copy(into, b.open)
	b.open = b.open[n:]
	return n, nil
}

func (h *sheet) appendRow(out []byte, r *sheetRow) []byte {
	out = binary.BigEndian.AppendUint16(out, uint16(len(h.nums)+len(h.texts)))
	for c, col := range h.nums {
		out = appendNumber(out, r.n[c], col.bytes)
	}
	for c := range h.texts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(r.s[c])))
		out = append(out, r.s[c]...)
	}
	return out
}

func appendNumber(out []byte, n int64, width int) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(width))
	switch width {
	case 2:
		return binary.BigEndian.AppendUint16(out, uint16(n))
	case 4:
		return binary.BigEndian.AppendUint32(out, uint32(n))
	}
	return binary.BigEndian.AppendUint64(out, uint64(n))
}
