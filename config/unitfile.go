package config

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"strings"
)

// unitFile reads the rows of ledger.unit_table_file: CSV with a header of the
// same names as the keys of unit_table, in any order.
func (r *reader) unitFile() []unitEntry {
	const path = "ledger.unit_table_file"
	name := r.doc.Ledger.UnitTableFile
	if name == "" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		r.add(path, "no readable file ("+reason(err)+")", "a CSV file", "check the path and its permissions")
		return nil
	}
	defer f.Close()
	rows := csv.NewReader(f)
	header, err := rows.Read()
	if err != nil {
		r.add(path, "a file without a header", "a header row of column names", "add it")
		return nil
	}
	if !r.unitHeader(name, header) {
		return nil
	}
	var out []unitEntry
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			line, column := rows.FieldPos(0)
			r.problems = append(r.problems, Problem{File: name, Line: line, Column: column, Found: "a row that cannot be read", Allowed: "as many fields as the header has", Mend: "check quotes and commas"})
			return out
		}
		out = append(out, r.unitRow(name, rows, header, row))
	}
}

// unitHeader reports unknown columns.
func (r *reader) unitHeader(name string, header []string) bool {
	known := fieldsOf(reflectOf(&unitEntry{}).Type())
	ok := true
	for _, column := range header {
		if _, found := known[column]; !found {
			ok = false
			r.problems = append(r.problems, Problem{File: name, Line: 1, Column: 1, Path: column, Found: "an unknown column", Allowed: keyList(known), Mend: didYouMean(column, known)})
		}
	}
	return ok
}

// unitRow reads one row and checks it as a written one is checked.
func (r *reader) unitRow(name string, rows *csv.Reader, header, row []string) unitEntry {
	var e unitEntry
	v := reflectOf(&e)
	for i, text := range row {
		field := v.Field(fieldsOf(v.Type())[header[i]])
		if text == "" {
			continue
		}
		if err := setText(field, nil, strings.TrimSpace(text)); err != nil {
			line, column := rows.FieldPos(i)
			r.problems = append(r.problems, Problem{File: name, Line: line, Column: column, Path: header[i], Found: show(field, text), Allowed: typeName(field), Mend: "write it as " + example(field)})
		}
	}
	if err := fieldRules().Struct(&e); err != nil {
		line, column := rows.FieldPos(0)
		r.problems = append(r.problems, Problem{File: name, Line: line, Column: column, Found: "a row that lacks code, units or a positive factor", Allowed: "code, line_unit, auth_unit, num and den of 1 or more", Mend: "complete the row"})
	}
	return e
}
