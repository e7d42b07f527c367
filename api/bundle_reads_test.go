package api_test

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
)

func bundleOf(typ string, entries ...string) string {
	return `{"resourceType":"Bundle","type":"` + typ + `","entry":[` + strings.Join(entries, ",") + `]}`
}

func get(url string) string { return `{"request":{"method":"GET","url":"` + url + `"}}` }

func post(resource, typ string) string {
	return `{"resource":` + resource + `,"request":{"method":"POST","url":"` + typ + `"}}`
}

// statuses are the first words of entry.response.status.
func statuses(r *fhir.Resource) string {
	var out []string
	for _, e := range r.Get("entry").Items() {
		status, _, _ := strings.Cut(e.Get("response", "status").Text(), " ")
		out = append(out, status)
	}
	return strings.Join(out, " ")
}

// Reads of a transaction see its writes and stand in their places; one that
// fails has its status in its entry.
func TestReadsInATransaction(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", patient("m-0"))
	body := bundleOf("transaction",
		get("Patient?_summary=count"),
		post(patient("m-1"), "Patient"),
		get(ref),
		get("Patient/absent"),
		get("Patient?birthdate=tomorrow"),
		get("Pattient/1"),
		post(patient("m-2"), "Patient"),
		`{"request":{"method":"HEAD","url":"`+ref+`"}}`,
		`{"request":{"method":"GET","url":"`+ref+`","ifNoneMatch":"W/\"1\""}}`,
		`{"request":{"method":"GET","url":"`+ref+`","ifModifiedSince":"2999-01-01T00:00:00+01:00"}}`,
		get("metadata"))
	send := func() response {
		return w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir", body: body})
	}
	res := send()
	answer := res.parse(t)
	if issues := fhir.Validate(answer); issues.Errors() || answer.Get("type").Text() != "transaction-response" {
		t.Errorf("%v\n%s", issues, answer.JSON)
	}
	if got := statuses(answer); got != "200 201 200 404 400 404 201 200 304 304 200" {
		t.Fatalf("%s\n%s", got, answer.JSON)
	}
	entries := answer.Get("entry").Items()
	if total := entries[0].Get("resource", "total").Text(); total != "3" {
		t.Errorf("the search saw %s patients", total)
	}
	if entries[2].Get("resource", "id").Text() == "" || entries[7].Get("resource") != nil || entries[3].Get("response", "outcome") == nil {
		t.Errorf("%s", answer.JSON)
	}

	// A repeat: the writes are the stored answer, the reads are run again.
	w.create("clinic-a", patient("m-3"))
	again := send()
	repeated := again.parse(t).Get("entry").Items()
	if again.Header.Get("Idempotent-Replayed") != "true" || string(repeated[1].Raw()) != string(entries[1].Raw()) || string(repeated[6].Raw()) != string(entries[6].Raw()) {
		t.Errorf("%v %s", again.Header, again.body)
	}
	if total := repeated[0].Get("resource", "total").Text(); total != "4" {
		t.Errorf("the search again saw %s patients", total)
	}
	other := w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir", body: bundleOf("transaction", post(patient("m-1"), "Patient"), get(ref), post(patient("m-2"), "Patient"))})
	if other.Header.Get("Idempotent-Replayed") != "true" {
		t.Error("the same writes with another read are another message")
	}
	if n := w.count("clinic-a", "Patient"); n != 4 {
		t.Errorf("%d patients", n)
	}
}

func TestTransactionOfReadsAlone(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", patient("m-1"))
	body := bundleOf("transaction", get(ref), get("Patient/absent"))
	for as, want := range map[string]string{"clinic-a": "200 404", "clinic-b": "404 404", "plans-only": "404 404"} {
		if got := statuses(w.want(200, request{as: as, method: "POST", path: "/fhir", body: body}).parse(t)); got != want {
			t.Errorf("%s: %s", as, got)
		}
	}
	got := read[report](t, w.v1(200, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: body}))
	if got.Answered != 1 || got.Unanswered != 1 || got.Results[0].Answer["resourceType"] != "Patient" {
		t.Errorf("%+v", got)
	}
}

// What is wrong with a write names the entry as it was sent, and nothing is read
// or written.
func TestTransactionWithReadsIsRefused(t *testing.T) {
	w := newWorld(t)
	for name, entries := range map[string][]string{
		"content": {get("Patient"), post(patient("m-1"), "Patient"), get("Patient"), post(patient("m-2"), "CarePlan")},
		"form":    {get("Patient"), post(patient("m-1"), "Patient"), get("Patient"), `{"request":{"method":"PATCH","url":"Patient/1"}}`},
		"twice":   {get("Patient"), post(patient("m-1"), "Patient"), get("Patient"), strings.Replace(post(named("x", "m-2"), "Patient/x"), "POST", "PUT", 1), strings.Replace(post(named("x", "m-2"), "Patient/x"), "POST", "PUT", 1)},
	} {
		res := w.do(request{as: "clinic-a", method: "POST", path: "/fhir", body: bundleOf("transaction", entries...)})
		want := map[string]string{"content": "Bundle.entry[3]", "form": "Bundle.entry[3].request", "twice": "Bundle.entry[4]"}[name]
		if res.StatusCode != 400 && res.StatusCode != 422 || !strings.Contains(res.body, want) {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.body)
		}
		if !strings.Contains(w.do(request{as: "clinic-a", method: "POST", path: "/v1/messages", body: bundleOf("transaction", entries...)}).body, want) {
			t.Errorf("%s: other places at /v1", name)
		}
	}
	if n := w.count("clinic-a", "Patient"); n != 0 {
		t.Errorf("%d patients", n)
	}
}

// The partner's door takes the same Bundles and gives the answers to reads too.
func TestReadsInMessages(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", patient("m-0"))
	send := func(status int, body string) response {
		t.Helper()
		return w.v1(status, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: body})
	}
	transaction := bundleOf("transaction", get(ref), post(patient("m-1"), "Patient"), get("Patient/absent"))
	first := send(201, transaction)
	got := read[receipt](t, first)
	if len(got.Resources) != 1 || len(got.Answers) != 2 || got.Answers[0].Answer["resourceType"] != "Patient" || got.Answers[1].Row != 3 || got.Answers[1].Status != "unanswered" {
		t.Errorf("%s", first.body)
	}
	again := send(201, transaction)
	if again.body != first.body || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%v %s", again.Header, again.body)
	}

	batch := bundleOf("batch", get(ref), post(patient("m-2"), "Patient"), get("Patient/absent"), post(patient("m-3"), "Patient/$validate"),
		`{"resource":{"resourceType":"CarePlan"},"request":{"method":"POST","url":"CarePlan"}}`)
	for _, status := range []string{"accepted", "repeated"} {
		rep := read[report](t, send(200, batch))
		var words []string
		for _, r := range rep.Results {
			words = append(words, r.Status)
		}
		if got := strings.Join(words, " "); got != "answered "+status+" unanswered answered rejected" || rep.Rejected != 1 || rep.Answered != 2 || rep.Unanswered != 1 {
			t.Errorf("%+v", rep)
		}
	}
	if all := send(200, bundleOf("batch", get("Patient/absent"))); read[report](t, all).Unanswered != 1 {
		t.Errorf("%s", all.body)
	}
	if writes := send(422, bundleOf("batch", get(ref), post(`{"resourceType":"CarePlan"}`, "CarePlan"))); read[report](t, writes).Rejected != 1 {
		t.Errorf("%s", writes.body)
	}
}
