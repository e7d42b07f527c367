package reconcile

import (
	"strconv"
	"strings"
)

func (w *tableWriter) header(names ...string) {
	w.row = append(append(w.row[:0], strings.Join(names, ",")...), '\n')
	_, _ = w.Write(w.row) // a failed write comes back from Flush
	w.row = w.row[:0]
}

// text adds a cell, quoted where RFC 4180 asks for it.
func (w *tableWriter) text(s string) *tableWriter {
	if !strings.ContainsAny(s, ",\"\r\n") {
		w.row = append(append(w.row, s...), ',')
		return w
	}
	w.row = append(w.row, '"')
	w.row = append(w.row, strings.ReplaceAll(s, `"`, `""`)...)
	w.row = append(w.row, '"', ',')
	return w
}

func (w *tableWriter) number(n int64) *tableWriter {
	w.row = append(strconv.AppendInt(w.row, n, 10), ',')
	return w
}

func (w *tableWriter) flag(b bool) *tableWriter {
	w.row = append(strconv.AppendBool(w.row, b), ',')
	return w
}

// end finishes the row.
func (w *tableWriter) end() error {
	w.row[len(w.row)-1] = '\n'
	_, err := w.Write(w.row)
	w.row = w.row[:0]
	w.rows++
	return err
}
