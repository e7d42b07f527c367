package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

const clients = 64

// together runs f for every client at the same moment.
func together(f func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range clients {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Done()
			<-start
			f(i)
		}()
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// F8: 64 clients post one message: one effect, byte-same answers.
func TestRepeatsAreOneMessage(t *testing.T) {
	w := newWorld(t)
	for name, r := range map[string]request{
		"identifier":      {as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-8")},
		"Idempotency-Key": {as: "clinic-a", method: "POST", path: "/fhir/Observation", body: observation, header: map[string]string{"Idempotency-Key": "f8"}},
		"messages":        {as: "clinic-a", method: "POST", path: "/v1/messages", body: patient("m-8b")},
		"transaction": {as: "clinic-a", method: "POST", path: "/fhir", body: `{"resourceType":"Bundle","type":"transaction","entry":[
			{"fullUrl":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","resource":` + patient("m-8c") + `,"request":{"method":"POST","url":"Patient"}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			answers := make([]response, clients)
			together(func(i int) { answers[i] = w.do(r) })
			first := 0
			for _, a := range answers {
				if a.StatusCode != answers[0].StatusCode || a.body != answers[0].body || a.Header.Get("Location") != answers[0].Header.Get("Location") || a.Header.Get("ETag") != answers[0].Header.Get("ETag") {
					t.Fatalf("answers differ: %d %s\n%d %s", a.StatusCode, a.body, answers[0].StatusCode, answers[0].body)
				}
				if a.Header.Get("Idempotent-Replayed") != "true" {
					first++
				}
			}
			if answers[0].StatusCode >= 300 || first != 1 {
				t.Errorf("status %d, %d answers said to be the first", answers[0].StatusCode, first)
			}
		})
	}
	w.t = t
	for typ, want := range map[string]int{"Patient": 3, "Observation": 1} {
		if n := w.count("clinic-a", typ); n != want {
			t.Errorf("%d of type %s, want %d", n, typ, want)
		}
	}
}

const observation = `{"resourceType":"Observation","status":"final","code":{"text":"x"}}`

func (w *world) count(as, typ string) int {
	w.t.Helper()
	return len(w.want(200, request{as: as, method: "GET", path: "/fhir/" + typ + "?_count=1000"}).parse(w.t).Get("entry").Items())
}

// F9: the same key with other content is refused, always.
func TestSameKeyOtherContent(t *testing.T) {
	w := newWorld(t)
	key := map[string]string{"Idempotency-Key": "f9"}
	w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-9"), header: key})
	refused := 0
	var mu sync.Mutex
	together(func(i int) {
		res := w.do(request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient(fmt.Sprintf("m-9-%d", i)), header: key})
		mu.Lock()
		defer mu.Unlock()
		if res.StatusCode == http.StatusUnprocessableEntity {
			refused++
			res.explains(t, request{path: "/fhir/Patient"})
		}
	})
	if refused != clients || w.count("clinic-a", "Patient") != 1 {
		t.Errorf("%d of %d refused", refused, clients)
	}
	// The key is scoped by partner and path.
	w.want(201, request{as: "clinic-b", method: "POST", path: "/fhir/Patient", body: patient("m-9x"), header: key})
	w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/Observation", body: observation, header: key})
}

// F10: 64 conditional creates at once make one resource.
func TestConditionalCreatesAtOnce(t *testing.T) {
	w := newWorld(t)
	statuses := map[int]int{}
	bodies := map[string]bool{}
	var mu sync.Mutex
	together(func(int) {
		res := w.do(request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-10"),
			header: map[string]string{"If-None-Exist": "identifier=" + memberSystem + "|m-10"}})
		mu.Lock()
		defer mu.Unlock()
		statuses[res.StatusCode]++
		bodies[res.body] = true
	})
	if statuses[201] != 1 || statuses[200] != clients-1 || len(bodies) != 1 || w.count("clinic-a", "Patient") != 1 {
		t.Errorf("statuses %v, %d bodies", statuses, len(bodies))
	}
}

// Without an identifier two equal POSTs are two resources, as FHIR says; PUT
// and DELETE are never repeats.
func TestWhatIsNoRepeat(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", observation)
	w.create("clinic-a", observation)
	if n := w.count("clinic-a", "Observation"); n != 2 {
		t.Errorf("%d observations", n)
	}
	body := strings.Replace(observation, `"status"`, `"id":"`+strings.TrimPrefix(ref, "Observation/")+`","status"`, 1)
	for _, version := range []string{`W/"2"`, `W/"3"`} {
		if res := w.want(200, request{as: "clinic-a", method: "PUT", path: "/fhir/" + ref, body: body}); res.Header.Get("Idempotent-Replayed") != "" || res.Header.Get("ETag") != version {
			t.Errorf("PUT %v", res.Header)
		}
	}
}
