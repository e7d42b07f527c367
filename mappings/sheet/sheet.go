// Package sheet reads an Excel file (.xlsx, ISO/IEC 29500) as the CSV table that
// its first sheet is: text as it stands, numbers without exponents, dates as
// YYYY-MM-DD, a formula as the formula itself, which the reader of tables then
// refuses at its row and column. It knows no record and no partner.
package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Limits of one file: packed, unpacked, and of its sheet.
const (
	maxPacked   = 16 << 20
	maxUnpacked = 128 << 20
	maxPart     = 64 << 20
	maxColumns  = 1000
	maxBlank    = 10_000  // blank rows one after the other: a row number alone must not cost a million
	maxCells    = 500_000 // cells, with those left out between two of a row
)

// ErrUnreadable is the cause of every error that is the file's own fault.
var ErrUnreadable = errors.New("no Excel file that can be read")

// CSV is the first sheet as a table; blank rows stay, so that row numbers are
// those of the sheet. Memory is bounded by the limits.
func CSV(r io.Reader) ([]byte, error) {
	packed, err := io.ReadAll(io.LimitReader(r, maxPacked+1))
	if err != nil {
		return nil, err
	}
	if len(packed) > maxPacked {
		return nil, fmt.Errorf("%w: more than 16 MB", ErrUnreadable)
	}
	f, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxPart})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	defer func() { _ = f.Close() }() // it only removes its temporary files
	t := table{f: f, sheet: f.GetSheetName(0), dates: map[int]bool{}}
	if err := t.measure(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	out, err := t.csv()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return out, nil
}

// table is one sheet on its way.
type table struct {
	f     *excelize.File
	sheet string
	dates map[int]bool // by style: whether it shows a number as a date
}

// measure refuses a sheet beyond the limits. It streams: what comes after it asks
// for single cells, and for that the library builds every row up to the last.
func (t *table) measure() error {
	rows, err := t.f.Rows(t.sheet)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	blank, cells := 0, 0
	for row := 1; rows.Next(); row++ {
		values, err := rows.Columns()
		switch {
		case err != nil:
			return err
		case len(values) > maxColumns:
			return fmt.Errorf("row %d has more than %d columns", row, maxColumns)
		case len(values) > 0:
			blank = 0
		default:
			blank++
		}
		if cells += len(values); blank > maxBlank || cells > maxCells {
			return fmt.Errorf("more than %d blank rows or %d cells before row %d", maxBlank, maxCells, row)
		}
	}
	return rows.Error()
}

func (t *table) csv() ([]byte, error) {
	rows, err := t.f.Rows(t.sheet)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	width := 0
	for row := 1; rows.Next(); row++ {
		values, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		cells, err := t.row(row, values)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(cells, func(c string) bool { return c != "" }) {
			w.Flush()
			b.WriteByte('\n')
			continue
		}
		if width == 0 {
			width = len(cells)
		}
		for len(cells) < width { // a sheet leaves empty cells at the end out
			cells = append(cells, "")
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), errors.Join(rows.Error(), w.Error())
}

func (t *table) row(row int, values []string) ([]string, error) {
	for i, v := range values {
		at, err := excelize.CoordinatesToCellName(i+1, row)
		if err != nil {
			return nil, err
		}
		formula, err := t.f.GetCellFormula(t.sheet, at)
		if err != nil {
			return nil, err
		}
		if formula != "" {
			values[i] = "=" + formula
			continue
		}
		if values[i], err = t.plain(at, v); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// plain is a cell as a person would type it into a CSV file.
func (t *table) plain(at, v string) (string, error) {
	typ, err := t.f.GetCellType(t.sheet, at)
	if err != nil || typ != excelize.CellTypeUnset && typ != excelize.CellTypeNumber {
		return v, err
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return v, nil //nolint:nilerr // it is no number: text stays as it is
	}
	style, err := t.f.GetCellStyle(t.sheet, at)
	if err != nil {
		return "", err
	}
	if t.date(style) {
		day, err := excelize.ExcelDateToTime(n, false)
		if err != nil {
			return v, nil //nolint:nilerr // no date: the reader of the column says so
		}
		return day.Format("2006-01-02"), nil
	}
	if n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatFloat(n, 'f', 0, 64), nil
	}
	return v, nil
}

// date says whether a style shows numbers as dates: the built-in formats 14 to
// 22, or one of the file's own with years or days in it.
func (t *table) date(style int) bool {
	if known, ok := t.dates[style]; ok {
		return known
	}
	s, err := t.f.GetStyle(style)
	is := err == nil && (s.NumFmt >= 14 && s.NumFmt <= 22 || s.CustomNumFmt != nil && strings.ContainsAny(strings.ToLower(*s.CustomNumFmt), "yd"))
	t.dates[style] = is
	return is
}
