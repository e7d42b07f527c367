package access

import (
	"fmt"
	"net/http"
	"time"

	"github.com/throughline/throughline/fhir"
)

// Refusal is an answer given at the entrance. It is an error value.
type Refusal struct {
	Status int // 401, 403 or 429
	Issue  fhir.Issue
	Retry  time.Duration // 429: when to come again
}

// Error says why, in words without anything personal.
func (r *Refusal) Error() string { return fmt.Sprintf("access: %d: %s", r.Status, r.Issue.Text()) }

// unknown is the one answer to every token that leads nowhere: absent, wrong,
// expired, or of a partner that is not configured.
func unknown() *Refusal {
	return &Refusal{Status: http.StatusUnauthorized, Issue: fhir.Issue{Severity: fhir.Error, Code: "login",
		Found: "no valid token", Allowed: "Authorization: Bearer TOKEN with a token issued to a partner",
		Fix: "send your token, or ask the gateway's operator for a new one"}}
}

func outsideNetwork() *Refusal {
	return &Refusal{Status: http.StatusForbidden, Issue: fhir.Issue{Severity: fhir.Error, Code: "forbidden",
		Found: "a network address that is not on your list", Allowed: "the networks of your configuration",
		Fix: "call from one of them, or ask the gateway's operator to add this one"}}
}

func notForKind() *Refusal {
	return &Refusal{Status: http.StatusForbidden, Issue: fhir.Issue{Severity: fhir.Error, Code: "forbidden",
		Found: "a route that is not open to your kind of partner", Allowed: "the routes of your agreement",
		Fix: "ask the gateway's operator if you need it"}}
}

func tooOften(retry time.Duration) *Refusal {
	return &Refusal{Status: http.StatusTooManyRequests, Retry: retry, Issue: fhir.Issue{Severity: fhir.Error, Code: "throttled",
		Found: "more requests than your configuration allows", Allowed: "the number of requests a minute agreed with the operator",
		Fix: "wait as long as Retry-After says, then send again"}}
}
