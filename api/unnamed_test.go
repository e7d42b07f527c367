package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store/storetest"
)

// claimed is a claim for delivered units without identifier or id.
func claimed(member string, day ledger.Day, units int) string {
	return fmt.Sprintf(`{"resourceType":"Claim","status":"active","type":{"coding":[{"code":"professional"}]},"use":"claim","patient":{"identifier":{"system":"%s","value":"%s"}},
		"created":"%[3]s","provider":{"identifier":{"value":"1"}},"priority":{"text":"normal"},"insurance":[{"sequence":1,"focal":true,"coverage":{"display":"MCOA"}}],
		"item":[{"sequence":1,"productOrService":{"coding":[{"code":"H2015"}]},"servicedDate":"%[3]s","quantity":{"value":%d}}]}`, memberSystem, member, day, units)
}

// Claims whose sender names none of them are claims of their own, each with its
// line in the ledger; a new version of one is no second line.
func TestUnnamedClaims(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) { unnamedClaims(t, newWorldAt(t, url, nil, nil)) })
}

func unnamedClaims(t *testing.T, w *world) {
	today := w.covered("m-1")
	left := func() int64 {
		t.Helper()
		return read[checked](t, w.v1(200, request{as: "mco-a", method: "POST", path: "/v1/authorizations/check", body: `{"authorization_id":"A-1"}`})).Authorizations[0].Remaining
	}
	first := w.create("mco-a", claimed("m-1", today-1, 2))
	w.create("mco-a", claimed("m-1", today-2, 3))
	if n := left(); n != 12-2-3 {
		t.Fatalf("%d units left after two claims, want 7", n)
	}
	id := strings.TrimPrefix(first, "Claim/")
	w.want(200, request{as: "mco-a", method: "PUT", path: "/fhir/" + first, body: strings.Replace(claimed("m-1", today-1, 4), `{`, `{"id":"`+id+`",`, 1)})
	if n := left(); n != 12-4-3 {
		t.Errorf("%d units left after one of them was put again, want 5", n)
	}
	bundle := `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":` + claimed("m-1", today-3, 1) + `,"request":{"method":"POST","url":"Claim"}},{"resource":` + claimed("m-1", today-4, 1) + `,"request":{"method":"POST","url":"Claim"}}]}`
	w.want(200, request{as: "mco-a", method: "POST", path: "/fhir", body: bundle})
	if n := left(); n != 12-4-3-2 {
		t.Errorf("%d units left after two claims in one bundle, want 3", n)
	}
}
