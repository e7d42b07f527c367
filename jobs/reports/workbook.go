package reports

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// sheetRows is the number of rows a sheet of a workbook may have, its header
// among them (ISO/IEC 29500: 1,048,576).
const sheetRows = 1_000_000

// Workbook is an Excel file written row by row in bounded memory. Cells are
// typed: text stays text, so that ids keep their zeros; int64, float64 and bool
// are what they are. The same rows give the same bytes.
type Workbook struct {
	f      *excelize.File
	head   int // style of headers
	sheets int
}

// NewWorkbook starts an empty file that says when its facts end.
func NewWorkbook(title string, asOf time.Time) (*Workbook, error) {
	f := excelize.NewFile()
	when := asOf.UTC().Format(time.RFC3339)
	err := f.SetDocProps(&excelize.DocProperties{Title: title, Creator: "Throughline", Created: when, Modified: when})
	if err != nil {
		return nil, err
	}
	w := &Workbook{f: f}
	w.head, err = f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF2"}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	return w, err
}

// Column is a column of a sheet and how wide it is, in characters.
type Column struct {
	Name  string
	Width float64
}

// Sheet writes one table: fill calls row once for each of its rows. A table
// longer than a sheet may be goes on in a second one of the same name and " 2".
func (w *Workbook) Sheet(name string, columns []Column, fill func(row func(cells ...any) error) error) error {
	t := &sheetWriter{w: w, name: name, columns: columns}
	if err := t.open(); err != nil {
		return err
	}
	if err := fill(t.row); err != nil {
		return err
	}
	return t.close()
}

// sheetWriter is one table on its way, over one or several sheets.
type sheetWriter struct {
	w       *Workbook
	name    string
	columns []Column
	to      *excelize.StreamWriter
	title   string
	part    int
	rows    int
}

func (t *sheetWriter) open() error {
	t.part++
	t.title = t.name
	if t.part > 1 {
		t.title = fmt.Sprintf("%s %d", t.name, t.part)
	}
	if t.w.sheets++; t.w.sheets == 1 {
		if err := t.w.f.SetSheetName(t.w.f.GetSheetName(0), t.title); err != nil {
			return err
		}
	} else if _, err := t.w.f.NewSheet(t.title); err != nil {
		return err
	}
	var err error
	if t.to, err = t.w.f.NewStreamWriter(t.title); err != nil {
		return err
	}
	head := make([]any, len(t.columns))
	for i, c := range t.columns {
		if err := t.to.SetColWidth(i+1, i+1, c.Width); err != nil {
			return err
		}
		head[i] = excelize.Cell{StyleID: t.w.head, Value: c.Name}
	}
	if err := t.to.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	t.rows = 1
	return t.to.SetRow("A1", head)
}

func (t *sheetWriter) row(cells ...any) error {
	if t.rows == sheetRows {
		if err := t.close(); err != nil {
			return err
		}
		if err := t.open(); err != nil {
			return err
		}
	}
	t.rows++
	return t.to.SetRow(fmt.Sprintf("A%d", t.rows), cells)
}

// close puts a filter over the table and ends the sheet.
func (t *sheetWriter) close() error {
	if t.rows > 1 {
		last, err := excelize.CoordinatesToCellName(len(t.columns), t.rows)
		if err != nil {
			return err
		}
		if err := t.w.f.AutoFilter(t.title, "A1:"+last, nil); err != nil {
			return err
		}
	}
	return t.to.Flush()
}

// Write writes the file, the first sheet on top, its parts in order of their
// names: excelize writes the sheets in any order.
func (w *Workbook) Write(to io.Writer) error {
	w.f.SetActiveSheet(0)
	temp, err := os.CreateTemp("", "throughline-workbook-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	defer temp.Close()
	if err := w.f.Write(temp); err != nil {
		return err
	}
	size, err := temp.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	return inOrder(to, temp, size)
}

// inOrder copies the parts of a ZIP file, packed as they are.
func inOrder(to io.Writer, from io.ReaderAt, size int64) error {
	in, err := zip.NewReader(from, size)
	if err != nil {
		return err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	out := zip.NewWriter(to)
	for _, part := range in.File {
		if err := out.Copy(part); err != nil {
			return err
		}
	}
	return out.Close()
}

// Close removes what it kept in temporary files.
func (w *Workbook) Close() error { return w.f.Close() }
