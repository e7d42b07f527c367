package finding

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// Measure is the base of the canonical names of our measures, one for each
// program: how many findings of each rule were open, rested, came and went.
const Measure = "http://throughline.example/fhir/Measure/findings-"

// Totals makes the MeasureReport of a program's findings in a month so far. The
// month's report is one resource: each run that changes a figure is a version of
// it, and one that does not is none. Whoever oversees the program may see it.
func Totals(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	var month gateway.FindingMonth
	if err := read(m, p, &month); err != nil {
		return nil, err
	}
	var groups fhir.List
	for _, t := range month.Totals {
		groups = append(groups, fhir.Obj("code", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Program+":"+month.Program, "code", t.Rule)}, "text", t.Origin+", "+t.Force),
			"population", fhir.List{population("open", t.Open), population("waived", t.Waived), population("opened", t.Opened), population("closed", t.Closed)}))
	}
	groups = append(groups, decided(month.Decisions)...)
	key := gateway.MonthKey(month.Program, month.From)
	r, issues := fhir.Obj("resourceType", "MeasureReport",
		"identifier", fhir.List{identifier(key)},
		"status", "complete", "type", "summary",
		"measure", Measure+month.Program,
		"reporter", fhir.Obj("display", "Throughline"),
		"period", fhir.Obj("start", month.From.String(), "end", month.To.String()),
		"group", groups,
	).Resource()
	out := &gateway.Mapped{Issues: issues}
	if r != nil {
		out.Changes = []gateway.Change{{Op: gateway.Upsert, Type: r.Type, Key: key,
			FullURL: key.System + ":" + key.Value, Resource: r, Shown: []string{gateway.ScopeProgram(month.Program)}}}
	}
	return out, nil
}

func population(state string, n int64) fhir.Object {
	return fhir.Obj("code", fhir.Obj("coding", fhir.List{fhir.Obj("system", States, "code", state)}), "count", n)
}
