package csv

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// maxRow bounds one row, so that a quote that is never closed cannot take the
// rest of a file into memory.
const maxRow = 1 << 20

// errLongRow says that a row exceeds maxRow.
var errLongRow = errors.New("a row of more than 1 MB")

// rows reads a table row by row, each as its own text.
type rows struct {
	in  *bufio.Reader
	row int // number of the row last read; the header is row 1, blank rows count
}

// newRows reads through a buffer of at most size bytes.
func newRows(r io.Reader, size int) *rows {
	in := bufio.NewReaderSize(r, min(size, 64<<10))
	if bom, _ := in.Peek(3); string(bom) == "\xef\xbb\xbf" {
		in.Discard(3) //nolint:errcheck // the bytes were peeked
	}
	return &rows{in: in}
}

// next reads one row with its line end; line breaks inside quotes belong to it.
func (r *rows) next() ([]byte, error) {
	var raw []byte
	var s scanner
	for {
		line, err := r.in.ReadSlice('\n')
		raw = append(raw, line...)
		if len(raw) > maxRow {
			return nil, errLongRow
		}
		s.feed(line)
		switch {
		case errors.Is(err, bufio.ErrBufferFull), err == nil && s.quoted():
			continue
		case err != nil && len(raw) == 0:
			return nil, err
		}
		r.row++
		return raw, nil // an error comes again with the next call
	}
}

// scanner follows the quotes of a row; only a quote at the start of a cell
// opens one (RFC 4180 section 2, rules 5 to 7).
type scanner struct{ state scan }

type scan uint8

const (
	cellStart scan = iota
	bare
	inQuotes
	quoteInQuotes
)

func (s *scanner) quoted() bool { return s.state == inQuotes }

func (s *scanner) feed(line []byte) {
	for _, c := range line {
		switch {
		case s.state == inQuotes:
			if c == '"' {
				s.state = quoteInQuotes
			}
		case c == '"' && s.state != bare:
			s.state = inQuotes
		case c == ',' || c == '\n':
			s.state = cellStart
		default:
			s.state = bare
		}
	}
}

// blank says that a row has nothing in it.
func blank(raw []byte) bool { return len(bytes.TrimSpace(raw)) == 0 }

// cells cuts a row into its cells, without the blanks around them.
func cells(raw []byte) (out []string, wrong string) {
	if !utf8.Valid(raw) {
		return nil, "bytes that are not UTF-8"
	}
	raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
	for {
		var cell string
		if cell, raw, wrong = cell1(raw); wrong != "" {
			return nil, wrong
		}
		out = append(out, string(bytes.TrimSpace([]byte(cell))))
		if len(raw) == 0 {
			return out, ""
		}
		raw = raw[1:]
	}
}

// cell1 reads the first cell; rest begins with the comma that ends it.
func cell1(raw []byte) (cell string, rest []byte, wrong string) {
	if len(raw) == 0 || raw[0] != '"' {
		end := bytes.IndexByte(raw, ',')
		if end < 0 {
			end = len(raw)
		}
		if bytes.IndexByte(raw[:end], '"') >= 0 {
			return "", nil, "a quotation mark inside a cell that is not quoted"
		}
		return string(raw[:end]), raw[end:], ""
	}
	var b []byte
	for raw = raw[1:]; ; {
		end := bytes.IndexByte(raw, '"')
		if end < 0 {
			return "", nil, "a quotation mark that is never closed"
		}
		b = append(b, raw[:end]...)
		raw = raw[end+1:]
		if len(raw) == 0 || raw[0] != '"' {
			break
		}
		b, raw = append(b, '"'), raw[1:]
	}
	if len(raw) > 0 && raw[0] != ',' {
		return "", nil, "text after a closing quotation mark"
	}
	return string(b), raw, ""
}
