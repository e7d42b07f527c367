package mappings_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/csv"
	"github.com/throughline/throughline/mappings/record"
)

// clinic is a made-up partner with its own columns and codes for services.
func clinic() *gateway.Partner {
	return &gateway.Partner{ID: "clinic-a", MemberSystem: "urn:example:medicaid", Zone: time.FixedZone("EST", -5*3600)}
}

func message(kind gateway.Kind, body []byte) *gateway.Message {
	return &gateway.Message{Kind: kind, Body: body, Partner: "clinic-a", Received: time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)}
}

// mapped runs a mapping and checks every resource it made against R4.
func mapped(t testing.TB, m *gateway.Message, p *gateway.Partner) *gateway.Mapped {
	t.Helper()
	out, refused := mappedOrRefused(t, m, p)
	if refused != "" {
		t.Fatal(refused)
	}
	return out
}

// mappedOrRefused is mapped, for messages that may not be readable at all.
func mappedOrRefused(t testing.TB, m *gateway.Message, p *gateway.Partner) (_ *gateway.Mapped, refused string) {
	t.Helper()
	mapping, name, ok := mappings.For(m.Kind, p)
	if !ok {
		t.Fatalf("no mapping of %s", m.Kind)
	}
	out, err := mapping(m, p)
	if err != nil {
		return &gateway.Mapped{Name: name}, err.Error()
	}
	if out.Name != name {
		t.Errorf("named %q, want %q", out.Name, name)
	}
	for _, c := range out.Changes {
		if c.Resource == nil {
			continue
		}
		if issues := fhir.Validate(c.Resource); len(issues) > 0 {
			t.Errorf("%s is not R4:\n%v\n%s", c.Type, issues, c.Resource.JSON)
		}
	}
	return out, ""
}

// least is how many resources a record becomes at least: the child and its own;
// who answers a referral patches one.
func least(name string) int {
	if name == "referral_answer" {
		return 1
	}
	return 2
}

func TestExamplesMapClean(t *testing.T) {
	for _, name := range record.Names {
		t.Run("json/"+name, func(t *testing.T) {
			out := mapped(t, message(gateway.Kind("json/"+name), mappings.Example(gateway.Kind(name))), clinic())
			if len(out.Issues) > 0 || len(out.Changes) < least(name) && len(out.Decisions) == 0 {
				t.Errorf("%d changes, issues:\n%v", len(out.Changes), out.Issues)
			}
		})
		t.Run("csv/"+name, func(t *testing.T) {
			parts := 0
			for part, err := range csv.Split(bytes.NewReader(mappings.Template(gateway.Kind("csv/"+name))), name, nil) {
				if err != nil || part.Issues != nil {
					t.Fatal(err, part.Issues)
				}
				parts++
				out := mapped(t, message(gateway.Kind("csv/"+name), part.Body), clinic())
				if len(out.Issues) > 0 || len(out.Changes) < least(name) && len(out.Decisions) == 0 {
					t.Errorf("%d changes, issues:\n%v", len(out.Changes), out.Issues)
				}
			}
			if parts == 0 {
				t.Error("the template has no rows")
			}
		})
	}
}
