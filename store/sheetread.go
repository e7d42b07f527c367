package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// rawRow is one row as it comes from the wire, good until the next one.
type rawRow struct {
	n [11]int64
	s [16][]byte
}

// eachOf calls f for every row of the sheet that the condition holds for.
func (h *sheet) eachOf(ctx context.Context, t *tx, where string, args []any, f func(*sheetRow) error) error {
	return h.eachRaw(ctx, t, where, args, func(raw *rawRow) error { return f(h.keep(raw)) })
}

// keep makes strings of a row's texts.
func (h *sheet) keep(raw *rawRow) *sheetRow {
	r := &sheetRow{n: raw.n}
	for i := range h.texts {
		r.s[i] = string(raw.s[i])
	}
	return r
}

// eachRaw is eachOf without making strings.
func (h *sheet) eachRaw(ctx context.Context, t *tx, where string, args []any, f func(*rawRow) error) error {
	return t.readAll(ctx, h.reading(where, args, f))
}

// pacedRows is how many rows of a stream are asked for at once.
const pacedRows = 1000

// eachPaced is eachRaw for very many rows beside live traffic: PostgreSQL reads on
// only when we ask, so that both leave the processors to it when we do. It costs a
// fifth more.
func (h *sheet) eachPaced(ctx context.Context, t *tx, where string, args []any, f func(*rawRow) error) error {
	q := h.reading(where, args, f)
	if t.pg == nil {
		return t.readAll(ctx, q)
	}
	t.put("set local cursor_tuple_fraction = 1") // all of it will be read
	cursor := "stream_" + h.name
	if err := t.exec(ctx, "declare "+cursor+" no scroll cursor for "+q.text, args...); err != nil {
		return err
	}
	q.text, q.args = "fetch "+strconv.Itoa(pacedRows)+" from "+cursor, nil
	for n := pacedRows; n == pacedRows; {
		n = 0
		q.f = func(r *rawRow) error { n++; return f(r) }
		if err := t.readAll(ctx, q); err != nil {
			return err
		}
	}
	t.put("close " + cursor)
	return nil
}

// sheetRead is one query over a sheet and what to do with its rows.
type sheetRead struct {
	*sheet
	text string
	args []any
	f    func(*rawRow) error
}

func (h *sheet) reading(where string, args []any, f func(*rawRow) error) sheetRead {
	return sheetRead{h, "select " + h.columns() + " from " + h.name + " where " + where, args, f}
}

// readAll runs queries one after the other; on PostgreSQL they are one round
// trip, together with what is queued.
func (t *tx) readAll(ctx context.Context, reads ...sheetRead) error {
	if t.pg != nil {
		queue := t.take()
		return t.conn.Raw(func(c any) error { return readBatch(ctx, t.pg(c), queue, reads) })
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	for _, q := range reads {
		rows, err := t.localQuery(ctx, q.text, q.args) //nolint:sqlclosecheck // eachRow closes them
		if err != nil {
			return err
		}
		var r rawRow
		dest := q.dest(&r)
		err = eachRow(rows, func() error {
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			return q.f(&r)
		})
		if err != nil {
			return err
		}
	}
	return nil
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

// readBatch reads PostgreSQL's wire form itself, numbers in binary: half of the
// time of a full run would go into scanning otherwise.
func readBatch(ctx context.Context, conn *pgx.Conn, queue []statement, reads []sheetRead) error {
	var b pgx.Batch
	for _, s := range queue {
		b.Queue(s.sql, s.args...)
	}
	for _, q := range reads {
		b.Queue(q.text, q.args...)
	}
	br := conn.SendBatch(ctx, &b)
	err := readResults(br, len(queue), reads)
	return errors.Join(err, br.Close())
}

func readResults(br pgx.BatchResults, queued int, reads []sheetRead) error {
	for range queued {
		if _, err := br.Exec(); err != nil {
			return err
		}
	}
	for _, q := range reads {
		rows, err := br.Query()
		if err != nil {
			return err
		}
		err = q.each(rows)
		rows.Close()
		if err = errors.Join(err, rows.Err()); err != nil {
			return err
		}
	}
	return nil
}

func (q *sheetRead) each(rows pgx.Rows) error {
	var r rawRow
	for rows.Next() {
		raw := rows.RawValues()
		for i := range q.nums {
			r.n[i] = number(raw[i])
		}
		copy(r.s[:], raw[len(q.nums):])
		if err := q.f(&r); err != nil {
			return err
		}
	}
	return nil
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
