package batch

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/sheet"
)

// openTable cuts a CSV file, or the first sheet of an Excel file, into its
// records. A header that cannot be used breaks the file.
func openTable(r io.ReadSeeker, f *intake.File, p *gateway.Partner) (*intake.Reading, error) {
	in, issue, err := tableOf(r)
	if err != nil {
		return nil, err
	}
	if issue != "" {
		return &intake.Reading{Units: broken(issue, ".xlsx with one table in its first sheet, at most 16 MB", "save it as CSV UTF-8, or send it in parts")}, nil
	}
	units := func(yield func(intake.Unit, error) bool) {
		for part, err := range mappings.SplitCSV(in, f.Kind, p) {
			u := intake.Unit{Place: intake.Row(part.Row), Kind: f.Kind, Body: part.Body, Issues: part.Issues}
			if part.Row == 1 && part.Issues.Errors() {
				u.Broken = part.Issues[0].Text()
			}
			if !yield(u, err) {
				return
			}
		}
	}
	return &intake.Reading{Units: units}, nil
}

// tableOf is the text of a table: the file itself, or what the first sheet of an
// Excel file says.
func tableOf(r io.ReadSeeker) (in io.Reader, wrong string, err error) {
	var head [4]byte
	n, err := io.ReadFull(r, head[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, "", err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	if string(head[:n]) != "PK\x03\x04" {
		return r, "", nil
	}
	text, err := sheet.CSV(r)
	if errors.Is(err, sheet.ErrUnreadable) {
		return nil, err.Error(), nil
	}
	return bytes.NewReader(text), "", err
}

// problemColumn is added to rejected rows.
const problemColumn = "problem (remove this column before you send it again)"

// tableRejected writes rejected rows below the sender's own header, with one
// column more that says what is wrong.
func tableRejected(w io.Writer, outs iter.Seq2[intake.Outcome, error]) error {
	header := false
	for o, err := range outs {
		if err != nil {
			return err
		}
		rows := rowsOf(o.Raw)
		if len(rows) == 0 { // too long to be given back: its place is in the words
			if _, err := io.WriteString(w, withColumn("", intake.Words(o))); err != nil {
				return err
			}
		}
		for i, row := range rows {
			words := intake.Words(o)
			switch {
			case i == 0 && header:
				continue
			case i == 0:
				header, words = true, problemColumn
			case i > 1:
				words = "see the row above"
			}
			if _, err := io.WriteString(w, withColumn(row, words)); err != nil {
				return err
			}
		}
	}
	return nil
}

// rowsOf cuts a text at the line ends outside quotes.
func rowsOf(raw []byte) []string {
	var rows []string
	start, quoted := 0, false
	for i, c := range raw {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			rows = append(rows, string(raw[start:i]))
			start = i + 1
		}
	}
	if start < len(raw) {
		rows = append(rows, string(raw[start:]))
	}
	return rows
}

// withColumn adds a cell to a row as it stands; a row whose quotes do not close
// becomes one cell, so that what is wrong stays legible.
func withColumn(row, words string) string {
	row = strings.TrimSuffix(row, "\r")
	if strings.Count(row, `"`)%2 == 1 {
		row = quoted(row)
	}
	return row + "," + quoted(plain(words)) + "\r\n"
}

func quoted(cell string) string {
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	_ = c.Write([]string{cell, ""}) // a Buffer does not fail
	c.Flush()
	return strings.TrimSuffix(b.String(), ",\n")
}

// plain keeps a spreadsheet from running words that repeat what was found
// (https://owasp.org/www-community/attacks/CSV_Injection).
func plain(words string) string {
	if words != "" && strings.ContainsRune("=+-@\t\r", rune(words[0])) {
		return "'" + words
	}
	return words
}
