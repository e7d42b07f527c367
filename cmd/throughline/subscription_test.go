package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/store/storetest"
)

// A subscription of a test credential is notified at the endpoint that it names,
// and everything it is sent says that it is a test; a live one's says nothing.
func TestNotificationsOfTestTrafficAreMarked(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		heard := make(chan string, 8)
		hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			heard <- r.URL.Path + " " + r.Header.Get(testHeader)
		}))
		t.Cleanup(hook.Close)
		live, _ := endpoint(t)
		test, _ := endpoint(t)
		_, base := serving(t, url, live, test)
		for token, want := range map[string]string{"test-token-of-the-clinic": "/test true", "live-token-of-the-clinic": "/live "} {
			path, _, _ := strings.Cut(want, " ")
			body := fmt.Sprintf(`{"resourceType":"Subscription","status":"requested","reason":"answers","criteria":"http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic",
				"_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"org-identifier=1999900016"}]},
				"channel":{"type":"rest-hook","endpoint":%q,"payload":"application/fhir+json","_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"full-resource"}]}}}`, hook.URL+path)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/fhir/Subscription", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			req.Header.Set("Content-Type", "application/fhir+json")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusCreated {
				t.Fatal(res.Status)
			}
			select {
			case got := <-heard:
				if got != want {
					t.Errorf("notified %q, want %q", got, want)
				}
			case <-time.After(time.Minute):
				t.Fatal("not notified")
			}
		}
	})
}
