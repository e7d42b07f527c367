package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/gateway"
)

// anyToken lets everybody in as clinic-a, without the store.
type anyToken struct{}

func (anyToken) Authenticate(context.Context, string) (gateway.PartnerID, error) {
	return "clinic-a", nil
}

// R13: while the database is away every question is answered 503 with
// Retry-After; none says that a record is not there.
func TestQuestionsWhileTheStoreIsAway(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", patient("m-1"))
	inside := w.deps
	inside.Guard.Tokens = anyToken{}
	w.store.Close()
	for name, deps := range map[string]api.Deps{"at the entrance": w.deps, "inside": inside} {
		handler := api.New(deps).Handler()
		for path, body := range map[string]string{
			"/fhir/" + ref:                                "",
			"/fhir/Patient/absent":                        "",
			"/fhir/" + ref + "/_history":                  "",
			"/fhir/" + ref + "/_history/1":                "",
			"/fhir/Patient/_history":                      "",
			"/fhir/Patient?name=x":                        "",
			"/fhir/CarePlan?patient=" + ref:               "",
			"/v1/messages/1":                              "",
			"/v1/authorizations/check":                    `{"member_id":"m-1","code":"H2015","service_date":"2026-11-20"}`,
			"/fhir/Patient":                               patient("m-2"),
			"/v1/messages?" + "x":                         patient("m-2"),
			"/fhir":                                       bundleOf("transaction", post(patient("m-2"), "Patient"), get(ref)),
			"/fhir/Patient/_search?identifier=x%7Cy&_x=1": "",
		} {
			method := map[bool]string{true: "GET", false: "POST"}[body == "" && !strings.Contains(path, "_search")]
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token("clinic-a"))
			if body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			out := httptest.NewRecorder()
			handler.ServeHTTP(out, r)
			if out.Code != 503 || out.Header().Get("Retry-After") == "" || out.Body.Len() == 0 {
				t.Errorf("%s, %s %s: %d %v %s", name, method, path, out.Code, out.Header(), out.Body)
			}
		}
	}
}
