package load

import (
	"bytes"
	"io"
)

// maxRow bounds one row: a quotation mark that is never closed must not take
// the rest of the file into memory.
const maxRow = 64 << 10

// rows cuts a file into rows (RFC 4180): line breaks inside quotes belong to the
// row.
type rows struct {
	in       io.Reader
	buf      []byte
	from, to int
	eof      bool
	row      int64 // number of the row last read; the header is row 1, blank rows count
}

func newRows(in io.Reader) *rows { return &rows{in: in, buf: make([]byte, 4*maxRow)} }

// next gives the next row with its line end, good until the next call. A row
// whose quote is not closed within maxRow ends at its first line break.
func (r *rows) next() ([]byte, error) {
	for {
		end, closed := endOf(r.buf[r.from:r.to])
		if end == 0 && r.eof || !closed && (r.eof || r.to-r.from > maxRow) {
			end = firstLine(r.buf[r.from:r.to])
			closed = true
		}
		if closed {
			if end == 0 {
				return nil, io.EOF
			}
			raw := r.buf[r.from : r.from+end]
			r.from += end
			r.row++
			return trimBOM(raw, r.row), nil
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// endOf is the length of the first row, and whether it is there in full.
func endOf(b []byte) (int, bool) {
	end := bytes.IndexByte(b, '\n') + 1
	if end > 0 && bytes.IndexByte(b[:end], '"') < 0 {
		return end, true
	}
	s := cellStart
	for i, c := range b {
		if s = s.after(c); s == rowEnd {
			return i + 1, true
		}
	}
	return 0, false
}

// place is where in a cell a byte stands: only a quote at the start of a cell
// opens one, and a doubled quote stays inside (RFC 4180 section 2).
type place uint8

const (
	cellStart place = iota
	bare
	inQuotes
	quoteInQuotes
	rowEnd
)

func (p place) after(c byte) place {
	switch {
	case p == inQuotes && c != '"':
		return inQuotes
	case p == inQuotes:
		return quoteInQuotes
	case c == '"' && p != bare:
		return inQuotes
	case c == ',':
		return cellStart
	case c == '\n':
		return rowEnd
	}
	return bare
}

func firstLine(b []byte) int {
	if end := bytes.IndexByte(b, '\n') + 1; end > 0 {
		return end
	}
	return len(b)
}

func (r *rows) fill() error {
	if r.from > 0 {
		r.to = copy(r.buf, r.buf[r.from:r.to])
		r.from = 0
	}
	if r.to == len(r.buf) {
		r.eof = true // one line fills the buffer: it is cut and refused
		return nil
	}
	n, err := io.ReadAtLeast(r.in, r.buf[r.to:], 1)
	r.to += n
	if err == io.EOF {
		r.eof, err = true, nil
	}
	return err
}

func trimBOM(raw []byte, row int64) []byte {
	if row == 1 {
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	}
	return raw
}

func blank(raw []byte) bool { return len(bytes.TrimSpace(raw)) == 0 }
