package sheet

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// TestCSV: ids stay text, numbers lose their exponents, dates are dates, a
// formula is shown, a blank row keeps its place.
func TestCSV(t *testing.T) {
	f := excelize.NewFile()
	set := func(cell string, v any) {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	for cell, v := range map[string]any{"A1": "line_id", "B1": "member_id", "C1": "service_date", "D1": "units", "E1": "note",
		"A2": "007", "B2": 123456789012, "C2": time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), "D2": 4, "A4": `a "b", c`, "D4": 1.5} {
		set(cell, v)
	}
	if err := f.SetCellFormula("Sheet1", "D2", "2+2"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := CSV(&b)
	want := "line_id,member_id,service_date,units,note\n007,123456789012,2026-03-02,=2+2,\n\n\"a \"\"b\"\", c\",,,1.5,\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
}

func TestUnreadable(t *testing.T) {
	for name, content := range map[string]string{"no zip": "text", "empty": "", "half a zip": "PK\x03\x04half", "long": "PK\x03\x04" + strings.Repeat("x", maxPacked)} {
		if _, err := CSV(strings.NewReader(content)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
