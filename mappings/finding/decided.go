package finding

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Decided is the system of the groups and populations that count decisions,
// adverse notices and appeals.
const Decided = "http://throughline.example/fhir/CodeSystem/decision-count"

// dataAbsent says why a number is not there: masked, because so few children are
// behind it (http://hl7.org/fhir/R4/extension-data-absent-reason.html).
const dataAbsent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

// groupWords says what the numbers of a group are.
var groupWords = map[string]string{"decisions": "decisions in force on applications and authorizations", "notices": "notices of adverse decisions",
	"appeals": "appeals, fair hearings and external reviews"}

// decided makes the groups of a count; none where nothing was counted.
func decided(d *gateway.DecisionCount) (groups fhir.List) {
	if d == nil {
		return nil
	}
	var populations fhir.List
	numbers := d.Numbers()
	for i, n := range numbers {
		code := fhir.Obj("code", fhir.Obj("coding", fhir.List{fhir.Obj("system", Decided, "code", n.Name)}))
		if d.Held(n.Name) {
			code = code.With("_count", fhir.Obj("extension", fhir.List{fhir.Obj("url", dataAbsent, "valueCode", "masked")}))
		} else {
			code = code.With("count", *n.N)
		}
		populations = append(populations, code)
		if i+1 == len(numbers) || numbers[i+1].Group != n.Group {
			groups = append(groups, fhir.Obj("code", fhir.Obj("coding", fhir.List{fhir.Obj("system", Decided, "code", n.Group)}, "text", groupWords[n.Group]), "population", populations))
			populations = nil
		}
	}
	return groups
}

// Decisions reads the count out of a MeasureReport; nil where it has none.
func Decisions(r *fhir.Resource, program string) *gateway.DecisionCount {
	out := &gateway.DecisionCount{Program: program}
	for _, g := range r.Get("group").Items() {
		for _, p := range g.Get("population").Items() {
			for _, c := range p.Get("code", "coding").Items() {
				if c.Get("system").Text() == Decided {
					take(out, c.Get("code").Text(), p.Get("count"))
				}
			}
		}
	}
	if !out.Any() {
		return nil
	}
	return out
}

// take keeps a number; one that is not there is held back.
func take(into *gateway.DecisionCount, name string, count *fhir.Node) {
	if count == nil {
		into.Hold(name)
		return
	}
	for _, n := range into.Numbers() {
		if n.Name == name {
			*n.N, _ = strconv.ParseInt(count.Text(), 10, 64) // a count of our own making
		}
	}
}
