package api_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEligibility: three of the ledger's answers in FHIR, the same for a child
// that is unknown and for another's; by URL only an authorization's number goes.
func TestEligibility(t *testing.T) {
	p := newPAWorld(t, filepath.Join(t.TempDir(), "throughline.db"))
	post := func(as, path, body string) request {
		media := "application/json"
		if strings.HasPrefix(path, "/fhir") {
			media = "application/fhir+json"
		}
		return request{as: as, method: "POST", path: path, body: body, header: map[string]string{"Content-Type": media}}
	}
	ask := func(as, member, more string) string {
		t.Helper()
		return p.want(http.StatusOK, post(as, "/fhir/CoverageEligibilityRequest/$submit", `{"resourceType":"CoverageEligibilityRequest","status":"active","purpose":["benefits","auth-requirements"],
			"patient":{"identifier":{"value":"`+member+`"}},"servicedDate":"2026-11-20","created":"2026-11-20","insurer":{"display":"plan"}`+more+`}`)).body
	}
	p.want(http.StatusCreated, post("mco-a", "/v1/messages", `{"record":"authorization","authorization_id":"A-1","member_id":"M1","payer":"MCOA","items":[{"code":"H2015","start":"2026-01-01","end":"2026-12-31","units":12,"status":"approved","unit":"15min"}]}`))
	p.want(http.StatusCreated, post("mco-a", "/v1/messages", `{"record":"service","line_id":"L1","claim_id":"C1","member_id":"M1","provider_id":"1234567893","code":"H2015","service_date":"2026-11-10","units":5,"unit":"15min"}`))
	item := `,"item":[{"productOrService":{"coding":[{"code":"H2015"}]},"quantity":{"value":2,"unit":"15min"}}]`
	got := ask("mco-a", "M1", item)
	for _, want := range []string{`"inforce":true`, `"allowedUnsignedInt":12`, `"usedUnsignedInt":5`, `"url":"remaining","valueDecimal":7`, `"valueString":"A-1"`, `"outcome":"complete"`} {
		if !strings.Contains(strings.ReplaceAll(got, " ", ""), want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	undated := func(body string) string { return regexp.MustCompile(`"created":"[^"]*"`).ReplaceAllString(body, "") }
	if other, unknown := undated(ask("clinic-b", "M1", item)), undated(ask("clinic-b", "M9", item)); strings.ReplaceAll(other, "M1", "M9") != unknown || !strings.Contains(other, `"inforce":false`) {
		t.Errorf("another's\n%s\nunknown\n%s", other, unknown)
	}
	p.want(http.StatusUnprocessableEntity, post("mco-a", "/fhir/CoverageEligibilityRequest/$submit", `{"resourceType":"CoverageEligibilityRequest","status":"active","purpose":["discovery"],"patient":{"identifier":{"value":"M1"}},"created":"2026-11-20","insurer":{"display":"plan"}}`))
	get := func(query string) request {
		return request{as: "mco-a", method: "GET", path: "/v1/authorizations/check?" + query}
	}
	if body := p.want(http.StatusOK, get("authorization_id=A-1")).body; !strings.Contains(body, `"remaining":7`) {
		t.Error(body)
	}
	p.want(http.StatusBadRequest, get("member_id=M1&code=H2015"))
	p.want(http.StatusBadRequest, get(""))
	if body := p.want(http.StatusOK, request{as: "mco-a", method: "GET", path: "/fhir/metadata"}).body; !strings.Contains(body, "CoverageEligibilityRequest-submit") {
		t.Error("not claimed")
	}
}
