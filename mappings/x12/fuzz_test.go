package x12

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// FuzzMappings: no text makes a mapping panic, and a name where names stand is in
// no issue; in the place of a code it is told like a code. Whether what a mapping
// makes is valid is asked by the gateway before it commits.
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
			named := bytes.Count(b, []byte("NM1*IL*1*RIVERA*")) + bytes.Count(b, []byte("NM1*QC*1*RIVERA*"))
			if named == bytes.Count(b, []byte("RIVERA")) && strings.Contains(out.Issues.Error(), "RIVERA") {
				t.Fatal("a name in an issue")
			}
		}
	})
}
