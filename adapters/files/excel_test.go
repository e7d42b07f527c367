package files

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
)

// TestExcelTemplate: the rows of a sheet go in as those of a table do; a formula
// comes back with its row and column.
func TestExcelTemplate(t *testing.T) {
	w := newWorld(t)
	w.partner.Receive = []gateway.Pickup{{Files: []gateway.FileKind{{Name: "services*.xlsx", Kind: "csv/service"}}}}
	f := excelize.NewFile()
	for r, line := range strings.Split(strings.TrimSpace(services(3)), "\n") {
		for c, text := range strings.Split(line, ",") {
			at, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err == nil {
				err = f.SetCellStr("Sheet1", at, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := f.SetCellFormula("Sheet1", "A3", "CONCATENATE(\"L\",1)"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	w.drop("services-march.xlsx", b.String())
	w.once(w.pickup("one", "rename"))
	if got, want := w.file().Counts, (intake.Counts{Units: 3, Accepted: 2, Rejected: 1}); got != want {
		t.Fatalf("%+v, want %+v", got, want)
	}
	if rejected := w.answer("rejected"); !strings.Contains(rejected, "row 3, column line_id") || !strings.Contains(rejected, "formula") {
		t.Errorf("rejected:\n%s", rejected)
	}
}
