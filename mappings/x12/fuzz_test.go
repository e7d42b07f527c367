package x12

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// FuzzMappings: no text makes a mapping panic; what it makes is R4; a review that
// was read is written as a 278 that is read again.
func FuzzMappings(f *testing.F) {
	f.Add([]byte(asked))
	for _, name := range []string{"278_request_initial_wraparound", "278_response_partial_modified_pended", "278_response_aaa_member_not_found", "271_active_mco_waiver"} {
		if b, err := os.ReadFile(spec + "/x12/authored/" + name + ".edi"); err == nil {
			f.Add(b)
		} else {
			f.Log("the X12 samples are not at ../shared/spec/x12: our own seeds only")
		}
	}
	for _, path := range []string{"x12_278_request_dependent", "x12_278_response_mixed"} {
		if b, err := os.ReadFile("../testdata/" + path + ".txtar"); err == nil {
			_, body, _ := bytes.Cut(b, []byte(" --\n"))
			body, _, _ = bytes.Cut(body, []byte("\n-- "))
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, to := range []gateway.Mapping{Request, Response, EligibilityRequest, EligibilityResponse} {
			out, err := to(&gateway.Message{Body: b}, agency())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range out.Changes {
				if issues := fhir.Validate(c.Resource); issues.Errors() && !out.Issues.Errors() {
					t.Fatalf("%s is not R4 and nobody was told: %v", c.Type, issues)
				}
			}
			if strings.Contains(out.Issues.Error(), "RIVERA") {
				t.Fatal("a name in an issue")
			}
		}
	})
}
