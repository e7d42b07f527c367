package api_test

import (
	"strings"
	"testing"
)

// named is a patient as its sender stores it under an id of its own.
func named(id, member string) string {
	return strings.Replace(patient(member), `{`, `{"id":"`+id+`",`, 1)
}

// A PUT to an id that is no resource the sender may see is the sender's own name
// for a resource of its own.
func TestOwnIDs(t *testing.T) {
	w := newWorld(t)
	put := func(as, ref, body string, status int) (location string) {
		t.Helper()
		res := w.want(status, request{as: as, method: "PUT", path: "/fhir/" + ref, body: body})
		location, _, _ = strings.Cut(strings.TrimPrefix(res.Header.Get("Location"), w.base+"/fhir/"), "/_history/")
		if got := string(res.parse(t).Ref()); got != location {
			t.Errorf("Location %s of %s", location, got)
		}
		return location
	}
	get := func(as, ref string, status int) string {
		t.Helper()
		return w.want(status, request{as: as, method: "GET", path: "/fhir/" + ref}).body
	}
	body := named("my-own", "m-1")
	first := put("clinic-a", "Patient/my-own", body, 201)
	if first == "Patient/my-own" {
		t.Error("the server has not given an id of its own")
	}
	if again := put("clinic-a", "Patient/my-own", body, 200); again != first {
		t.Errorf("%s, then %s", first, again)
	}
	if get("clinic-a", "Patient/my-own", 200) != get("clinic-a", first, 200) || w.count("clinic-a", "Patient") != 1 {
		t.Error("two names, two resources")
	}
	w.want(412, request{as: "clinic-a", method: "PUT", path: "/fhir/Patient/other", body: named("other", "m-2"), header: map[string]string{"If-Match": `W/"1"`}})
	w.want(412, request{as: "clinic-a", method: "PUT", path: "/fhir/Patient/my-own", body: body, header: map[string]string{"If-Match": `W/"1"`}})
	w.want(422, request{as: "clinic-a", method: "PUT", path: "/fhir/Patient/my-own", body: named("another", "m-1")})

	// To another partner that name, the id behind it, and an id that is nobody's are the same.
	for _, name := range []string{"my-own", strings.TrimPrefix(first, "Patient/"), strings.Repeat("0", 26)} {
		get("clinic-b", "Patient/"+name, 404)
		theirs := put("clinic-b", "Patient/"+name, named(name, "m-"+name), 201)
		if theirs == first || get("clinic-b", "Patient/"+name, 200) != get("clinic-b", theirs, 200) {
			t.Errorf("%s is %s", name, theirs)
		}
		get("clinic-a", theirs, 404)
	}
	if body := get("clinic-a", first, 200); !strings.Contains(body, `"versionId":"2"`) {
		t.Errorf("somebody changed another's record: %s", body)
	}

	w.want(204, request{as: "clinic-a", method: "DELETE", path: "/fhir/Patient/my-own"})
	get("clinic-a", "Patient/my-own", 410)
	get("clinic-a", first, 410)
	w.want(404, request{as: "clinic-a", method: "DELETE", path: "/fhir/Patient/other"})
	get("clinic-b", "Patient/my-own", 200)
}

// An own id names the person too: what refers to it is found, also after the
// Patient was sent again, with or without identifiers.
func TestOwnIDsInReferences(t *testing.T) {
	w := newWorld(t)
	bare := `{"resourceType":"Patient","id":"p","active":true}`
	first := w.want(201, request{as: "clinic-a", method: "PUT", path: "/fhir/Patient/p", body: bare}).parse(t).Ref()
	plan := `{"resourceType":"CarePlan","id":"c","status":"active","intent":"plan","subject":{"reference":"Patient/p"}}`
	stored := w.want(201, request{as: "clinic-a", method: "PUT", path: "/fhir/CarePlan/c", body: plan})
	if !strings.Contains(stored.body, string(first)) {
		t.Errorf("not resolved: %s", stored.body)
	}
	w.want(200, request{as: "clinic-a", method: "PUT", path: "/fhir/Patient/p", body: bare})
	page := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/CarePlan?patient=" + string(first)}).parse(t)
	if page.Get("entry").Len() != 1 {
		t.Errorf("%s", page.JSON)
	}
}

func TestOwnIDsInBundles(t *testing.T) {
	w := newWorld(t)
	entry := func(id string) string {
		return `{"resource":` + named(id, "m-"+id) + `,"request":{"method":"PUT","url":"Patient/` + id + `"}}`
	}
	for _, typ := range []string{"transaction", "batch"} {
		body := `{"resourceType":"Bundle","type":"` + typ + `","entry":[` + entry(typ+"-1") + `,` + entry(typ+"-2") + `]}`
		for _, want := range []string{"201 Created", "200 OK"} {
			res := w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir", body: body}).parse(t)
			for _, e := range res.Get("entry").Items() {
				if got := e.Get("response", "status").Text(); got != want {
					t.Errorf("%s: %s, want %s", typ, got, want)
				}
			}
		}
		w.v1(map[string]int{"transaction": 200, "batch": 200}[typ], request{as: "clinic-a", method: "POST", path: "/v1/messages", body: body})
	}
	if n := w.count("clinic-a", "Patient"); n != 4 {
		t.Errorf("%d patients", n)
	}
}
