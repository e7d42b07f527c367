package finding

import (
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
)

// Systems of ours: kinds of findings, and states of them.
const (
	Kinds  = "http://throughline.example/fhir/CodeSystem/finding-kind"
	States = "http://throughline.example/fhir/CodeSystem/finding-state"
)

// statuses says DetectedIssue.status by the state of the finding: what the next
// run may close is preliminary, what a person lets rest is amended, what is
// closed will not change any more (http://hl7.org/fhir/observation-status).
var statuses = map[string]string{gateway.FindingOpen: "preliminary", gateway.FindingWaived: "amended", gateway.FindingClosed: "final"}

// Issue makes the DetectedIssue of a finding after one change of its state. Only
// the gateway itself sends them.
func Issue(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	var n gateway.FindingNews
	if err := read(m, p, &n); err != nil {
		return nil, err
	}
	about := fhir.Obj("type", "Patient", "identifier", identifier(n.Member))
	if n.Member.Value == "" {
		about = fhir.Object{}
	}
	r, issues := fhir.Obj("resourceType", "DetectedIssue",
		"extension", extensions(&n),
		"identifier", fhir.List{fhir.Obj("system", gateway.FindingSystem, "value", n.ID)},
		"status", statuses[n.State],
		"code", fhir.Obj("coding", fhir.List{fhir.Obj("system", Kinds, "code", n.Kind)}, "text", n.Rule),
		"severity", severity(&n),
		"patient", about,
		"identifiedDateTime", n.Opened.String(),
		"author", fhir.Obj("display", "Throughline"),
		"implicated", implicated(&n),
		"evidence", fhir.List{fhir.Obj("code", fhir.List{fhir.Obj("text", n.Cites)}, "detail", fhir.List{fhir.Obj("display", "run "+n.Run+" as of "+n.Day.String())})},
		"detail", n.Reason,
		"mitigation", mitigation(&n),
	).Resource()
	out := &gateway.Mapped{Issues: issues}
	if r == nil {
		return out, nil
	}
	c := gateway.Change{Op: gateway.Upsert, Type: r.Type, Key: gateway.Identifier{System: gateway.FindingSystem, Value: n.ID}, FullURL: gateway.FindingSystem + ":" + n.ID, Resource: r, Person: n.Person}
	if n.Partner != "" {
		c.Shown = append(c.Shown, gateway.ScopePartner(n.Partner))
	}
	if n.Person == "" && n.Program != "" {
		c.Shown = append(c.Shown, gateway.ScopeProgram(n.Program))
	}
	out.Changes = []gateway.Change{c}
	return out, nil
}

// read takes a body of the gateway's own.
func read(m *gateway.Message, p *gateway.Partner, into any) error {
	if p.ID != gateway.Itself {
		return gateway.Faultf("map", gateway.Denied, fhir.Issue{Severity: fhir.Error, Code: "forbidden", Found: "news of findings from a partner", Allowed: "news from the gateway itself", Fix: "send the record that the finding is about"})
	}
	if err := json.Unmarshal(m.Body, into); err != nil {
		return gateway.Faultf("map", gateway.Malformed, fhir.Issue{Severity: fhir.Error, Code: "structure", Found: "news that cannot be read", Fix: "replay it with the version that wrote it"})
	}
	return nil
}

func identifier(id gateway.Identifier) fhir.Object {
	return fhir.Obj("system", id.System, "value", id.Value)
}

// severity follows the force of the rule: a broken required rule is high.
func severity(n *gateway.FindingNews) string {
	switch {
	case n.Violation:
		return "high"
	case n.Force == "required", n.Force == "recommended":
		return "moderate"
	}
	return "low"
}

func extensions(n *gateway.FindingNews) fhir.List {
	parts := fhir.List{extension("state", "valueCode", n.State), extension("origin", "valueCode", n.Origin), extension("rule", "valueString", n.Rule),
		extension("force", "valueCode", n.Force), extension("owner", "valueString", n.Owner), extension("next", "valueString", n.Next)}
	if n.Due != 0 {
		parts = append(parts, extension("due", "valueDate", n.Due.String()))
	}
	out := fhir.List{fhir.Obj("url", codes.Extensions+"finding", "extension", parts)}
	if n.Program != "" {
		out = append(out, fhir.Obj("url", codes.Extensions+"program", "valueIdentifier", fhir.Obj("system", codes.Program, "value", n.Program)))
	}
	return out
}

func extension(name, kind, value string) fhir.Object {
	if value == "" {
		return fhir.Object{}
	}
	return fhir.Obj("url", name, kind, value)
}

// implicated names the record, and the part of it, as its sender does.
func implicated(n *gateway.FindingNews) fhir.List {
	if n.Record == "" {
		return nil
	}
	name := n.Record
	if n.Item != "" {
		name += ", " + n.Item
	}
	return fhir.List{fhir.Obj("identifier", fhir.Obj("system", codes.Own(string(n.Partner), recordOf(n.Kind)), "value", n.Record), "display", name)}
}

// recordOf is the record that a kind of finding is about, as the systems of
// partners' own ids name it.
func recordOf(kind string) string {
	switch ledger.FindingKind(kind) {
	case ledger.AuthorizedNotDelivered, ledger.AuthorizedNotPlanned, ledger.CountDiffers, ledger.ServiceGap:
		return "authorization"
	case ledger.NoPlan:
		return "care_team"
	case ledger.NoTeam, ledger.PlannedNotAuthorized, ledger.PlannedNotDelivered:
		return "care_plan"
	}
	return "record"
}

// mitigation is what was done about it: a waiver, or that the data closed it.
func mitigation(n *gateway.FindingNews) fhir.List {
	var words string
	who := fhir.Obj("display", n.Who)
	switch n.State {
	case gateway.FindingWaived:
		words = strings.TrimSpace("rests until " + n.Until.String() + ": " + n.Why)
	case gateway.FindingClosed:
		words, who = "the data have closed it", fhir.Object{}
	default:
		return nil
	}
	return fhir.List{fhir.Obj("action", fhir.Obj("coding", fhir.List{fhir.Obj("system", States, "code", n.State)}, "text", words), "date", n.Day.String(), "author", who)}
}
