package store

import (
	"context"
	"encoding/binary"

	"github.com/jackc/pgx/v5"
)

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
