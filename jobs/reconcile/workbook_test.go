package reconcile_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// TestWorkbook: the workbook has the rows of the CSV files, ids as text, and the
// same run gives the same bytes.
func TestWorkbook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		src := populate(t, "0", population.Default(40))
		for kind, text := range src.tables {
			importTable(t, s, "0", kind, text)
		}
		run(t, s, reconcile.Options{})
		once, again := exportExcel(t, s), exportExcel(t, s)
		if !bytes.Equal(read(t, once, "night.xlsx"), read(t, again, "night.xlsx")) {
			t.Error("the same run gives two workbooks")
		}
		f, err := excelize.OpenFile(filepath.Join(once, "night.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for sheet, file := range map[string]string{"Lines": "lines.csv", "Splits": "splits.csv", "Findings": "findings.csv", "Authorizations": "authorizations.csv"} {
			table, err := csv.NewReader(bytes.NewReader(read(t, once, file))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			rows, err := f.GetRows(sheet)
			if err != nil || len(rows) != len(table) {
				t.Fatalf("%s has %d rows, %s %d: %v", sheet, len(rows), file, len(table), err)
			}
			for i := range table {
				if rows[i][0] != table[i][0] {
					t.Fatalf("%s row %d is %q, in %s %q", sheet, i+1, rows[i][0], file, table[i][0])
				}
			}
		}
		if kind, err := f.GetCellType("Lines", "A2"); err != nil || kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset {
			t.Errorf("an id is of type %v, want text: %v", kind, err)
		}
		if kind, err := f.GetCellType("Lines", "D2"); err != nil || kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
			t.Errorf("units are of type %v, want a number: %v", kind, err)
		}
	})
}

// TestWorkbookInLibreOffice opens the workbook as its readers do.
func TestWorkbookInLibreOffice(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("SKIPPED: LibreOffice is not on this machine, so nobody has opened the workbook in it: apt-get install libreoffice-calc")
	}
	s := openAt(t, t.TempDir()+"/night.db")
	defer s.Close()
	src := populate(t, "0", population.Default(20))
	for kind, text := range src.tables {
		importTable(t, s, "0", kind, text)
	}
	sum := run(t, s, reconcile.Options{})
	dir := exportExcel(t, s)
	cmd := exec.Command(office, "-env:UserInstallation=file://"+t.TempDir(), "--headless", "--convert-to", `csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1`, "--outdir", dir, filepath.Join(dir, "night.xlsx"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for sheet, want := range map[string]string{"Summary": sum.Run, "Lines": "matched", "Dictionary": "meaning"} {
		if text := read(t, dir, "night-"+sheet+".csv"); !strings.Contains(string(text), want) {
			t.Errorf("LibreOffice shows no %q in %s", want, sheet)
		}
	}
}

func exportExcel(t *testing.T, s *store.Store) string {
	t.Helper()
	r, err := s.RunOf(context.Background(), asOf)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := reconcile.Export(context.Background(), deps(s), r, dir, reconcile.ExportOptions{Excel: true}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
