package csv

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"math"
	"strconv"

	"github.com/throughline/throughline/fhir"
)

// Part is one record of a file: the header and its rows, a file of its own.
type Part struct {
	Row    int    // of the first row in the file; the header is row 1
	Rows   int    // how many rows it has, blank ones inside included
	Key    string // unique inside the file
	Body   []byte
	Issues fhir.Issues // what is wrong with the whole file; it is the last part then
}

// Split cuts a file into records while it is being read; memory is bounded by
// the largest record. An error is one of the reader.
func Split(r io.Reader, name string, columns map[string]string) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		in := newRows(r, math.MaxInt)
		header, err := in.next()
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongRow) {
			yield(Part{}, err)
			return
		}
		if err != nil || blank(header) {
			yield(Part{Row: 1, Key: "1", Issues: fhir.Issues{badHeader(fhir.CodeStructure, "", "an empty file", "a header row, then one row for each record", "use the template of this kind")}}, nil)
			return
		}
		t, issues := newTable(name, header, columns)
		if issues != nil {
			yield(Part{Row: 1, Key: "1", Body: header, Issues: issues}, nil)
			return
		}
		s := splitter{table: t, header: ended(header), in: in, yield: yield}
		s.run()
	}
}

// splitter groups rows into parts.
type splitter struct {
	*table
	header []byte
	in     *rows
	yield  func(Part, error) bool
	part   Part
	id     string
	gap    int // blank rows since the last one that says something
}

func (s *splitter) run() {
	for {
		raw, err := s.in.next()
		if err != nil {
			s.end(err)
			return
		}
		if blank(raw) {
			s.gap++
			continue
		}
		if id := s.idOf(raw); s.part.Rows == 0 || !s.continues(id) {
			if !s.flush() {
				return
			}
			s.id, s.gap = id, 0
			s.part = Part{Row: s.in.row, Key: strconv.Itoa(s.in.row), Body: append([]byte(nil), s.header...)}
		}
		s.part.Rows += 1 + s.gap
		s.part.Body = append(append(s.part.Body, bytes.Repeat([]byte("\n"), s.gap)...), ended(raw)...)
		s.gap = 0
	}
}

// end gives the last record, and what made the reading end.
func (s *splitter) end(err error) {
	if !s.flush() || errors.Is(err, io.EOF) {
		return
	}
	if errors.Is(err, errLongRow) {
		row := s.in.row + 1
		s.yield(Part{Row: row, Key: strconv.Itoa(row), Issues: fhir.Issues{{Severity: fhir.Error, Code: fhir.CodeTooLong, Found: err.Error(),
			Allowed: "rows of at most 1 MB", Fix: "close every quotation mark, then send it again from this row: nothing behind it was read", Where: "row " + strconv.Itoa(row)}}}, nil)
		return
	}
	s.yield(Part{}, err)
}

func (s *splitter) flush() bool {
	if s.part.Rows == 0 {
		return true
	}
	return s.yield(s.part, nil)
}

// continues says that a row with this id belongs to the record before it.
func (s *splitter) continues(id string) bool {
	return !s.single() && (id == "" || id == s.id)
}

// idOf reads the record's id, the first column of the layout.
func (s *splitter) idOf(raw []byte) string {
	if s.single() {
		return ""
	}
	values, _ := cells(raw)
	for i, c := range s.order {
		if c == &s.columns[0] && i < len(values) {
			return values[i]
		}
	}
	return ""
}

// ended is a row with a line end.
func ended(raw []byte) []byte {
	if bytes.HasSuffix(raw, []byte("\n")) {
		return raw
	}
	return append(append([]byte(nil), raw...), '\n')
}
