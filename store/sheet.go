package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A sheet is a table that is written and read in bulk: its number columns
// first, then its text columns. None is ever null.
type sheet struct {
	name  string
	nums  []column
	texts []string
	own   uint32 // bits of text columns whose values hardly repeat
}

// column is a number column and its width on PostgreSQL: 2, 4 or 8 bytes.
type column struct {
	name  string
	bytes int
}

// sheetRow is one row of any sheet, in the order of its columns.
type sheetRow struct {
	n [9]int64
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

// dest are the places to scan a row of all columns into.
func (h *sheet) dest(r *sheetRow) []any {
	out := make([]any, 0, len(h.nums)+len(h.texts))
	for i := range h.nums {
		out = append(out, &r.n[i])
	}
	for i := range h.texts {
		out = append(out, &r.s[i])
	}
	return out
}

// fewRows is the number of rows from which COPY beats an INSERT.
const fewRows = 50

// insertRows writes rows by COPY on PostgreSQL and in INSERTs of fewRows rows on
// SQLite (speed.md, section 1).
func (h *sheet) insertRows(ctx context.Context, t *tx, rows []sheetRow) error {
	if t.pg != nil && len(rows) > fewRows {
		return h.copyRows(ctx, t, rows)
	}
	for len(rows) > 0 {
		n := 1 // few texts: each is prepared once
		if t.pg == nil && len(rows) >= fewRows {
			n = fewRows
		}
		t.put(h.insertText(n, t.pg != nil), h.values(rows[:n])...)
		rows = rows[n:]
	}
	if err := t.flush(ctx); err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	return nil
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
func (h *sheet) copyRows(ctx context.Context, t *tx, rows []sheetRow) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	body := bytes.NewReader(h.encode(rows))
	return t.conn.Raw(func(c any) error {
		_, err := t.pg(c).PgConn().CopyFrom(ctx, body, "copy "+h.name+" ("+h.columns()+") from stdin (format binary)")
		if err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
		return nil
	})
}

func (h *sheet) encode(rows []sheetRow) []byte {
	out := make([]byte, 0, 64+len(rows)*256)
	out = append(out, "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for i := range rows {
		out = binary.BigEndian.AppendUint16(out, uint16(len(h.nums)+len(h.texts)))
		for c, col := range h.nums {
			out = appendNumber(out, rows[i].n[c], col.bytes)
		}
		for c := range h.texts {
			out = binary.BigEndian.AppendUint32(out, uint32(len(rows[i].s[c])))
			out = append(out, rows[i].s[c]...)
		}
	}
	return append(out, 0xff, 0xff)
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

// eachOf calls f for every row of the sheet that the condition holds for. The
// row is overwritten by the next one; its texts are not.
func (h *sheet) eachOf(ctx context.Context, t *tx, where string, args []any, f func(*sheetRow) error) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	text := "select " + h.columns() + " from " + h.name + " where " + where
	if t.pg != nil {
		return t.conn.Raw(func(c any) error { return h.eachRaw(ctx, t.pg(c), text, args, f) })
	}
	rows, err := t.conn.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	var r sheetRow
	dest := h.dest(&r)
	return eachRow(rows, func() error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		return f(&r)
	})
}

// eachRaw reads the binary wire form itself: half of the time of a full run
// would go into scanning otherwise.
func (h *sheet) eachRaw(ctx context.Context, conn *pgx.Conn, text string, args []any, f func(*sheetRow) error) error {
	rows, err := conn.Query(ctx, text, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	r, words := sheetRow{}, texts{own: h.own, known: map[string]string{}}
	for rows.Next() {
		raw := rows.RawValues()
		for i := range h.nums {
			r.n[i] = number(raw[i])
		}
		words.read(raw[len(h.nums):], r.s[:])
		if err := f(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}

func number(b []byte) int64 {
	switch len(b) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	}
	return int64(binary.BigEndian.Uint64(b))
}

// texts makes strings of text columns: one piece of memory for all values of a
// row that hardly repeat, and one for all equal values of the other columns,
// for codes, partners and providers repeat all the time.
type texts struct {
	own   uint32
	known map[string]string
	buf   []byte
}

// knownTexts bounds the memory for repeated values.
const knownTexts = 1 << 14

func (t *texts) read(raw [][]byte, into []string) {
	t.buf = t.buf[:0]
	for i, b := range raw {
		if t.own>>i&1 == 1 {
			t.buf = append(t.buf, b...)
		} else {
			into[i] = t.text(b)
		}
	}
	all := string(t.buf)
	for i, b := range raw {
		if t.own>>i&1 == 1 {
			into[i], all = all[:len(b)], all[len(b):]
		}
	}
}

func (t *texts) text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := t.known[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(t.known) < knownTexts {
		t.known[s] = s
	}
	return s
}
