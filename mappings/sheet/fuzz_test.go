package sheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/throughline/throughline/mappings/sheet"
)

// packed puts the two parts that a sender's cells stand in, the sheet and the
// shared texts, into a workbook that is otherwise whole.
func packed(t testing.TB, whole []byte, cells, texts []byte) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	to := zip.NewWriter(&b)
	for _, f := range from.File {
		text := map[string][]byte{"xl/worksheets/sheet1.xml": cells, "xl/sharedStrings.xml": texts}[f.Name]
		if text == nil {
			text = part(t, f)
		}
		w, err := to.Create(f.Name)
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func part(t testing.TB, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// workbook is a small one, whole.
func workbook(t testing.TB) []byte {
	t.Helper()
	x := excelize.NewFile()
	for at, v := range map[string]any{"A1": "line_id", "B1": "units", "A2": "L-1", "B2": 8, "A3": "a \"b\", c", "B3": 1.5} {
		if err := x.SetCellValue("Sheet1", at, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.SetCellFormula("Sheet1", "B4", "SUM(B2:B3)"); err != nil {
		t.Fatal(err)
	}
	b, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSheetBombs: a row number or a column name alone costs no million cells.
func TestSheetBombs(t *testing.T) {
	for name, row := range map[string]string{
		"the last row":    `<row r="1048576"><c r="A1048576"><v>1</v></c></row>`,
		"the last column": `<row r="1"><c r="XFD1"><v>1</v></c></row>`,
	} {
		file := packed(t, workbook(t), []byte("<worksheet><sheetData>"+row+"</sheetData></worksheet>"), []byte("<sst/>"))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := sheet.CSV(bytes.NewReader(file))
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; !errors.Is(err, sheet.ErrUnreadable) || took > 64 {
			t.Errorf("%s: %v, %d MB", name, err, took)
		}
	}
}

// FuzzCSV: whatever stands in a sheet, it is a table that can be read, or an
// error that says that the file is at fault.
func FuzzCSV(f *testing.F) {
	whole := workbook(f)
	from, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		f.Fatal(err)
	}
	parts := map[string][]byte{}
	for _, p := range from.File {
		parts[p.Name] = part(f, p)
	}
	f.Add(parts["xl/worksheets/sheet1.xml"], parts["xl/sharedStrings.xml"])
	for _, cells := range []string{
		`<worksheet><sheetData><row r="1"><c r="XFD1" t="s"><v>99</v></c></row><row r="20000"><c r="A20000"><v>1</v></c></row></sheetData></worksheet>`,
		`<worksheet><sheetData><row><c t="inlineStr"><is><t>x</t></is></c><c s="7"><v>45000</v></c><c><f>HYPERLINK("http://x")</f></c></row></sheetData></worksheet>`,
		`<worksheet><sheetData><row r="0"><c r="A0"><v>NaN</v></c></row><row r="-1"/><row r="2"><c r="B2"><v>1e308</v></c>`,
	} {
		f.Add([]byte(cells), []byte(`<sst><si><t>a</t></si></sst>`))
	}
	f.Fuzz(func(t *testing.T, cells, texts []byte) {
		for _, file := range [][]byte{packed(t, whole, cells, texts), cells} {
			table, err := sheet.CSV(bytes.NewReader(file))
			if err != nil {
				if !errors.Is(err, sheet.ErrUnreadable) {
					t.Fatalf("another error: %v", err)
				}
				continue
			}
			r := csv.NewReader(bytes.NewReader(table))
			r.FieldsPerRecord = -1
			if _, err := r.ReadAll(); err != nil {
				t.Fatalf("no table: %v\n%q", err, table)
			}
		}
	})
}
