package pas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// actions are the review actions that an item can have (X12 306, as HCR01 of the
// 278 takes them).
var actions = []string{gateway.Certified, gateway.CertifiedIn, gateway.NotCertified, gateway.PendedAction, gateway.Modified,
	gateway.CancelledBy, gateway.ContactPayer, gateway.NoAction}

func knownAction(action string) bool { return slices.Contains(actions, action) }

// unread are the review actions of a ClaimResponse that cannot be read. An item
// with one must not pass for an item that the payer said nothing about. An answer
// that is queued says itself that nothing is decided.
func unread(r *fhir.Resource) (out fhir.Issues) {
	if r.Get("outcome").Text() == "queued" {
		return nil
	}
	check := func(path string, of *fhir.Node) {
		for i, adjudication := range of.Get("adjudication").Items() {
			code := codeOf(ext(ext(adjudication, codes.PAS+"reviewAction"), codes.PAS+"reviewActionCode").Get("valueCodeableConcept")).Code
			if code == "" || knownAction(code) {
				continue
			}
			out = append(out, fhir.Issue{Severity: fhir.Error, Code: "code-invalid", Path: fmt.Sprintf("%s.adjudication[%d].extension", path, i), Found: "a review action that cannot be read",
				Allowed: strings.Join(actions, ", ") + " (X12 306)", Fix: "say what was decided on the item, and send the answer again"})
		}
	}
	check("ClaimResponse", r.Root())
	for _, list := range []string{"item", "addItem"} {
		for i, item := range r.Get(list).Items() {
			check(fmt.Sprintf("ClaimResponse.%s[%d]", list, i), item)
		}
	}
	return out
}
