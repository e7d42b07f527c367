package store

import (
	"context"
	"database/sql"
	"encoding/binary"

	"github.com/jackc/pgx/v5"
)

// rawRow is one row as it comes from the wire, good until the next one.
type rawRow struct {
	n [9]int64
	s [16][]byte
}

// eachOf calls f for every row of the sheet that the condition holds for. The
// row is overwritten by the next one; its texts are not.
func (h *sheet) eachOf(ctx context.Context, t *tx, where string, args []any, f func(*sheetRow) error) error {
	var r sheetRow
	return h.eachRaw(ctx, t, where, args, func(raw *rawRow) error {
		r.n = raw.n
		for i := range h.texts {
			r.s[i] = string(raw.s[i])
		}
		return f(&r)
	})
}

// eachRaw is eachOf without making strings.
func (h *sheet) eachRaw(ctx context.Context, t *tx, where string, args []any, f func(*rawRow) error) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	text := "select " + h.columns() + " from " + h.name + " where " + where
	if t.pg != nil {
		return t.conn.Raw(func(c any) error { return h.eachOnWire(ctx, t.pg(c), text, args, f) })
	}
	rows, err := t.conn.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	var r rawRow
	dest := h.dest(&r)
	return eachRow(rows, func() error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		return f(&r)
	})
}

// dest are the places to scan a row of all columns into.
func (h *sheet) dest(r *rawRow) []any {
	out := make([]any, 0, len(h.nums)+len(h.texts))
	for i := range h.nums {
		out = append(out, &r.n[i])
	}
	for i := range h.texts {
		out = append(out, (*sql.RawBytes)(&r.s[i]))
	}
	return out
}

// eachOnWire reads PostgreSQL's binary form itself: half of the time of a full
// run would go into scanning otherwise.
func (h *sheet) eachOnWire(ctx context.Context, conn *pgx.Conn, text string, args []any, f func(*rawRow) error) error {
	rows, err := conn.Query(ctx, text, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r rawRow
	for rows.Next() {
		raw := rows.RawValues()
		for i := range h.nums {
			r.n[i] = number(raw[i])
		}
		copy(r.s[:], raw[len(h.nums):])
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
