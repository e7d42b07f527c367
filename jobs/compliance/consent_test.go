package compliance

import (
	"fmt"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/program"
)

// provision is a consent whose root provision is the text.
func provision(t *testing.T, more string) *fhir.Resource {
	t.Helper()
	text := `{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"text":"x"}],"patient":{"reference":"Patient/p"},` + more + `}`
	r, issues := fhir.Parse([]byte(text), fhir.Limits{})
	if r == nil {
		t.Fatal(issues)
	}
	return r
}

// TestWhatAConsentKeepsBack: provisions with their exceptions, actors, periods, what
// they are about and what for (http://hl7.org/fhir/R4/consent.html#6.2.4).
func TestWhatAConsentKeepsBack(t *testing.T) {
	ref := func(r string) string {
		return fmt.Sprintf(`{"role":{"text":"receiver"},"reference":{"reference":"%s"}}`, r)
	}
	for _, c := range []struct {
		name, text string
		kept       string // of rosa, dana, youth: the first letters of those from whom minutes are kept
	}{
		{"nobody is named", `"provision":{"type":"deny"}`, "rd"},
		{"one is named", `"provision":{"type":"deny","actor":[` + ref("RelatedPerson/rosa") + `]}`, "r"},
		{"who is named by an employment", `"provision":{"type":"deny","actor":[` + ref("PractitionerRole/job") + `]}`, "d"},
		{"an employer is named", `"provision":{"type":"deny","actor":[` + ref("Organization/school") + `]}`, "d"},
		{"the child itself is named", `"provision":{"type":"deny","actor":[` + ref("Patient/p") + `]}`, "y"},
		{"a custodian receives nothing", `"provision":{"type":"deny","actor":[{"role":{"coding":[{"code":"CST"}]},"reference":{"reference":"Organization/x"}}]}`, "rd"},
		{"who gave it gets what is kept from all", `"performer":[{"reference":"RelatedPerson/rosa"}],"provision":{"type":"deny"}`, "d"},
		{"all but one", `"provision":{"type":"deny","provision":[{"type":"permit","actor":[` + ref("RelatedPerson/rosa") + `]}]}`, "d"},
		{"none but one", `"provision":{"type":"permit","provision":[{"type":"deny","actor":[` + ref("RelatedPerson/rosa") + `]}]}`, "r"},
		{"a permission keeps nothing", `"provision":{"type":"permit"}`, ""},
		{"the policy is to share nothing", `"policyRule":{"coding":[{"code":"OPTOUT"}]}`, "rd"},
		{"the policy yields to a provision", `"policyRule":{"coding":[{"code":"OPTOUT"}]},"provision":{"type":"permit","actor":[` + ref("RelatedPerson/rosa") + `]}`, "d"},
		{"it has ended", `"provision":{"type":"deny","period":{"end":"2026-03-30"}}`, ""},
		{"its last month", `"provision":{"type":"deny","period":{"start":"2025","end":"2026-03"}}`, "rd"},
		{"its last moment is on the day", `"provision":{"type":"deny","period":{"end":"2026-03-31T09:00:00-05:00"}}`, "rd"},
		{"it has not begun", `"provision":{"type":"deny","period":{"start":"2026-04-01"}}`, ""},
		{"only what is older", `"provision":{"type":"deny","dataPeriod":{"end":"2025-12-31"}}`, ""},
		{"documents", `"provision":{"type":"deny","class":[{"code":"DocumentReference"}]}`, "rd"},
		{"observations", `"provision":{"type":"deny","class":[{"code":"Observation"}]}`, ""},
		{"these very minutes", `"provision":{"type":"deny","data":[{"meaning":"instance","reference":{"reference":"DocumentReference/min"}}]}`, "rd"},
		{"other minutes", `"provision":{"type":"deny","data":[{"meaning":"instance","reference":{"reference":"DocumentReference/other"}}]}`, ""},
		{"the label of the minutes", `"provision":{"type":"deny","securityLabel":[{"code":"PSY"}]}`, "rd"},
		{"another label", `"provision":{"type":"deny","securityLabel":[{"code":"HIV"}]}`, ""},
		{"for research only", `"provision":{"type":"deny","purpose":[{"code":"HRESCH"}]}`, ""},
		{"for treatment", `"provision":{"type":"deny","purpose":[{"code":"TREAT"}]}`, "rd"},
		{"collecting only", `"provision":{"type":"deny","action":[{"coding":[{"code":"collect"}]}]}`, ""},
		{"disclosing", `"provision":{"type":"deny","action":[{"coding":[{"code":"disclose"}]}]}`, "rd"},
		{"no rule at all", `"policyRule":{"text":"state law"}`, ""},
	} {
		minutes, _ := fhir.Parse([]byte(`{"resourceType":"DocumentReference","id":"min","meta":{"security":[{"code":"PSY"}]},"status":"current","content":[{"attachment":{"url":"x"}}]}`), fhir.Limits{})
		job, _ := fhir.Parse([]byte(`{"resourceType":"PractitionerRole","id":"job","practitioner":{"reference":"Practitioner/dana"},"organization":{"reference":"Organization/school"}}`), fhir.Limits{})
		known := directory{}
		known.add(job)
		dana, _ := fhir.Parse([]byte(`{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"PractitionerRole/job"}}`), fhir.Limits{})
		p := &privacy{consents: []*fhir.Resource{provision(t, c.text)}, directory: known, papers: map[string][]*fhir.Resource{"m": {minutes}},
			seats: map[seat][]string{{"t", "r"}: {"RelatedPerson/rosa"}, {"t", "d"}: known.names(dana.Get("subject"), true), {"t", "y"}: {"Patient/p"}}}
		kept := ""
		for _, member := range []string{"r", "d", "y"} {
			if p.withholds("m", program.Date(2026, 3, 18), seat{"t", member}, member == "y", day1) == "consent" {
				kept += member
			}
		}
		if kept != c.kept {
			t.Errorf("%s: kept from %q, want %q", c.name, kept, c.kept)
		}
	}
	if (*privacy)(nil).withholds("m", 0, seat{}, false, day1) != "" {
		t.Error("no consent keeps something back")
	}
}
