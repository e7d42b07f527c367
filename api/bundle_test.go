package api_test

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
)

func TestTransaction(t *testing.T) {
	w := newWorld(t)
	body := `{"resourceType":"Bundle","type":"transaction","entry":[
		{"fullUrl":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","resource":` + patient("m-1") + `,"request":{"method":"POST","url":"Patient"}},
		{"resource":{"resourceType":"CarePlan","status":"active","intent":"plan","subject":{"reference":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"}},"request":{"method":"POST","url":"CarePlan"}}]}`
	res := w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir", body: body}).parse(t)
	if issues := fhir.Validate(res); issues.Errors() || res.Get("type").Text() != "transaction-response" {
		t.Fatal(issues)
	}
	entries := res.Get("entry").Items()
	if len(entries) != 2 || entries[0].Get("response", "status").Text() != "201 Created" {
		t.Fatalf("%s", res.JSON)
	}
	for i, typ := range []string{"Patient", "CarePlan"} {
		location := entries[i].Get("response", "location").Text()
		if !strings.HasPrefix(location, w.base+"/fhir/"+typ+"/") {
			t.Errorf("entry %d: %s", i, location)
		}
		read := w.want(200, request{as: "clinic-a", method: "GET", path: strings.TrimPrefix(location, w.base)})
		if strings.Contains(read.body, "urn:uuid:") {
			t.Errorf("reference not resolved: %s", read.body)
		}
	}
	whole := w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir/", body: strings.Replace(body, "m-1", "m-2", 1), header: map[string]string{"Prefer": "return=representation"}}).parse(t)
	if whole.Entries()[1].Resource == nil {
		t.Errorf("representation: %s", whole.JSON)
	}
	// All or nothing: one bad entry leaves nothing behind.
	before := w.count("clinic-a", "Patient")
	bad := strings.Replace(strings.Replace(body, "m-1", "m-3", 1), `"status":"active"`, `"status":"lively"`, 1)
	if res := w.want(422, request{as: "clinic-a", method: "POST", path: "/fhir", body: bad}); !strings.Contains(res.body, "status") {
		t.Errorf("no path: %s", res.body)
	}
	if after := w.count("clinic-a", "Patient"); after != before {
		t.Errorf("%d patients became %d", before, after)
	}
}

func TestTransactionRefusals(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		status int
		as     string
		entry  string
	}{
		"lookup":   {400, "clinic-a", `{"resource":{"resourceType":"Parameters"},"request":{"method":"POST","url":"ValueSet/$lookup"}}`},
		"validate": {400, "clinic-a", `{"resource":` + patient("m") + `,"request":{"method":"POST","url":"Patient/$validate"}}`},
		"absolute": {400, "clinic-a", `{"resource":` + patient("m") + `,"request":{"method":"POST","url":"` + w.base + `/fhir/Patient"}}`},
		"nothing":  {400, "clinic-a", `{"request":{"method":"POST","url":"Patient"}}`},
		"patch":    {400, "clinic-a", `{"request":{"method":"PATCH","url":"Patient/1"}}`},
		"none":     {400, "clinic-a", `{"resource":` + patient("m") + `}`},
		"no type":  {400, "clinic-a", `{"resource":` + patient("m") + `,"request":{"method":"POST","url":"Pattient"}}`},
		"not sent": {403, "plans-only", `{"resource":` + patient("m") + `,"request":{"method":"POST","url":"Patient"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.want(c.status, request{as: c.as, method: "POST", path: "/fhir", body: `{"resourceType":"Bundle","type":"transaction","entry":[` + c.entry + `]}`})
		})
	}
}

func TestBatch(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", patient("m-1"))
	body := `{"resourceType":"Bundle","type":"batch","entry":[
		{"request":{"method":"GET","url":"` + ref + `"}},
		{"request":{"method":"GET","url":"Patient?identifier=` + memberSystem + `|m-1"}},
		{"resource":` + observation + `,"request":{"method":"POST","url":"Observation"}},
		{"resource":{"resourceType":"CarePlan"},"request":{"method":"POST","url":"CarePlan"}},
		{"request":{"method":"GET","url":"Patient/absent"}},
		{"request":{"method":"DELETE","url":"` + ref + `"}},
		{"request":{"method":"GET","url":"` + w.base + "/fhir/" + ref + `"}},
		{"request":{"method":"GET","url":"https://elsewhere.example/fhir/Patient/1"}},
		{"request":{"method":"POST","url":""}},
		{"request":{"method":"GET","url":"` + ref + `","ifNoneMatch":"W/\"1\""}},
		{"request":{"method":"PATCH","url":"` + ref + `"}},
		{"resource":` + patient("m-7") + `,"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=` + memberSystem + `|m-7"}}]}`
	res := w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir", body: body}).parse(t)
	if issues := fhir.Validate(res); issues.Errors() {
		t.Errorf("%v\n%s", issues, res.JSON)
	}
	want := []string{"200 OK", "200 OK", "201 Created", "422", "404", "204", "410", "400", "400", "410", "405", "201"}
	entries := res.Get("entry").Items()
	if len(entries) != len(want) {
		t.Fatalf("%d entries\n%s", len(entries), res.JSON)
	}
	for i, e := range entries {
		status := e.Get("response", "status").Text()
		if !strings.HasPrefix(status, want[i]) {
			t.Errorf("entry %d: %s, want %s: %s", i, status, want[i], e.Raw())
		}
		if status >= "4" && e.Get("response", "outcome") == nil {
			t.Errorf("entry %d: no outcome", i)
		}
	}
	if entries[1].Get("resource", "type").Text() != "searchset" {
		t.Errorf("search in a batch: %s", entries[1].Raw())
	}
	// A batch opens no door that is closed otherwise.
	refused := w.want(200, request{as: "plans-only", method: "POST", path: "/fhir", body: `{"resourceType":"Bundle","type":"batch","entry":[{"resource":` + patient("m-2") + `,"request":{"method":"POST","url":"Patient"}}]}`}).parse(t)
	if got := refused.Get("entry").Items()[0].Get("response", "status").Text(); got != "403 Forbidden" {
		t.Errorf("status %s", got)
	}
}

func TestValidateOperation(t *testing.T) {
	w := newWorld(t)
	good := w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir/Observation/$validate", body: observation}).parse(t)
	if good.Get("issue").Items()[0].Get("severity").Text() != "information" {
		t.Errorf("%s", good.JSON)
	}
	for path, body := range map[string]string{
		"/fhir/CarePlan/$validate":   `{"resourceType":"CarePlan"}`,
		"/fhir/$validate":            `{"resourceType":"CarePlan"}`,
		"/fhir/CarePlan/1/$validate": observation,
		"/fhir/Observation/$validate": `{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"create"},
			{"name":"resource","resource":{"resourceType":"Observation"}}]}`,
	} {
		out := w.want(200, request{as: "clinic-a", method: "POST", path: path, body: body}).parse(t)
		if out.Type != "OperationOutcome" || out.Get("issue").Items()[0].Get("severity").Text() != "error" {
			t.Errorf("%s: %s", path, out.JSON)
		}
	}
	w.want(400, request{as: "clinic-a", method: "POST", path: "/fhir/Observation/$validate", body: `{"resourceType":"Parameters"}`})
	if n := w.count("clinic-a", "Observation"); n != 0 {
		t.Errorf("$validate stored %d", n)
	}
}

func TestMetadata(t *testing.T) {
	w := newWorld(t)
	res := w.want(200, request{method: "GET", path: "/fhir/metadata"})
	statement := res.parse(t)
	if issues := fhir.Validate(statement); issues.Errors() {
		t.Fatal(issues)
	}
	if again := w.want(200, request{method: "GET", path: "/fhir/metadata?_format=json"}); again.body != res.body {
		t.Error("the statement changes")
	}
	rest := statement.Get("rest").Items()[0]
	if rest.Get("resource").Len() != len(fhir.Types()) {
		t.Errorf("%d types", rest.Get("resource").Len())
	}
	var codes []string
	for _, i := range rest.Get("resource").Items()[0].Get("interaction").Items() {
		codes = append(codes, i.Get("code").Text())
	}
	if got := strings.Join(codes, " "); got != "create delete history-instance history-type read search-type update vread" {
		t.Errorf("interactions %s", got)
	}
	t.Logf("%d bytes", len(res.body))
}
