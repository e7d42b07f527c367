package mappings_test

import (
	"maps"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

// TestPinnedVersion: a replay that asks for a version gets that one, or is held
// and told which there is; without a wish it gets the newest.
func TestPinnedVersion(t *testing.T) {
	kind := gateway.Kind("json/referral")
	mapping, name, ok := mappings.For(kind, clinic())
	if !ok {
		t.Fatal("no mapping")
	}
	for pin, want := range map[string]gateway.Code{"": "", name: "", string(kind) + "@0": gateway.Unmapped} {
		m := message(kind, mappings.Example("referral"))
		m.Pin = pin
		_, err := mapping(m, clinic())
		if got := gateway.FaultOf(err); (err == nil) != (want == "") || err != nil && got.Code != want {
			t.Errorf("%q: %v, want %q", pin, err, want)
		}
	}
}

// TestPinnedFormat: rows that came under a partner's former columns and codes are
// read by them when a replay pins that version, and by those of today when not.
func TestPinnedFormat(t *testing.T) {
	p := clinicC()
	now := p.Formats["service"]
	now.Version, now.Columns = "4", maps.Clone(now.Columns)
	now.Columns["line_id"] = "LineNo"
	now.Earlier = []gateway.Format{p.Formats["service"]}
	p.Formats["service"] = now
	old := []byte("Line,Medicaid No,NPI,Service,Date,Qty,Type\nL1,M1,1234567893,WRAP,2026-03-20,2,V\n")
	for pin, want := range map[string]string{"csv/service@1+clinic-c.3": "L1", "csv/service@1+clinic-c.4": "", "": "", "csv/service@1+clinic-c.2": "held"} {
		mapping, name, _ := mappings.For("csv/service", p)
		m := message("csv/service", old)
		m.Pin = pin
		out, err := mapping(m, p)
		switch {
		case name != "csv/service@1+clinic-c.4":
			t.Errorf("the newest is %s", name)
		case want == "held":
			if gateway.FaultOf(err).Code != gateway.Unmapped {
				t.Errorf("%s: %v", pin, err)
			}
		case err != nil:
			t.Errorf("%q: %v", pin, err)
		case want == "":
			if !out.Issues.Errors() {
				t.Errorf("%q reads columns of another version", pin)
			}
		case out.Issues.Errors() || len(out.Facts.Lines) != 1 || out.Facts.Lines[0].Line.ID != want || out.Facts.Lines[0].Line.Code != "H2021" || out.Name != pin:
			t.Errorf("%q: %s %v %+v", pin, out.Name, out.Issues, out.Facts.Lines)
		}
	}
}
