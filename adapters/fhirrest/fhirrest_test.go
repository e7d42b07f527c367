package fhirrest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func partner(url string) *gateway.Partner {
	return &gateway.Partner{ID: "mco-a", Deliver: &gateway.Endpoint{Wire: "fhir", URL: url, Token: "t0", Timeout: 10 * time.Second}}
}

func resource(t testing.TB, json string) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Parse([]byte(json), fhir.Limits{})
	if r == nil {
		t.Fatal(issues)
	}
	return r
}

func goal(n int) string {
	return fmt.Sprintf(`{"resourceType":"Goal","id":"g%d","lifecycleStatus":"active"}`, n)
}

func delivery(t testing.TB, n int) *gateway.Delivery {
	return &gateway.Delivery{ID: "d1", Key: fmt.Sprint("key-", n), Items: []gateway.Item{{Type: "Goal", ID: fmt.Sprint("g", n), Version: 1, Verb: gateway.Created}},
		Resources: []*fhir.Resource{resource(t, goal(n))}}
}

func open(t *testing.T, url string, o fhirrest.Options) *fhirrest.Sender {
	t.Helper()
	s, err := fhirrest.New(partner(url), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Wire{
		Name: "FHIR", New: func(t *testing.T, url string) gateway.Sender { return open(t, url, fhirrest.Options{}) },
		Parcel: func(n int) *gateway.Parcel {
			p, err := fhirrest.Render(delivery(t, n), partner("https://mco.example/fhir"))
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Key: func(r *http.Request) string { return r.Header.Get("Idempotency-Key") },
	})
}

// arrived is a request as a server sees it.
type arrived struct{ Method, Path, Prefer, Token, Body string }

func TestRendering(t *testing.T) {
	one := delivery(t, 1)
	gone := &gateway.Delivery{Key: "k", Items: []gateway.Item{{Type: "Goal", ID: "g1", Version: 2, Verb: gateway.Deleted}}, Resources: []*fhir.Resource{nil}}
	several := &gateway.Delivery{Key: "k", Items: []gateway.Item{
		{Type: "Goal", ID: "g1", Version: 1, Verb: gateway.Created}, {Type: "Goal", ID: "g2", Version: 1, Verb: gateway.Created},
		{Type: "Goal", ID: "g1", Version: 2, Verb: gateway.Updated}, {Type: "Goal", ID: "g3", Version: 5, Verb: gateway.Deleted}},
		Resources: []*fhir.Resource{resource(t, goal(1)), resource(t, goal(2)), resource(t, `{"resourceType":"Goal","id":"g1","lifecycleStatus":"completed"}`), nil}}
	bundle := `{"resourceType":"Bundle","identifier":{"system":"urn:throughline:delivery","value":"k"},"type":"transaction","entry":[` +
		`{"fullUrl":"https://mco.example/fhir/Goal/g2","resource":` + goal(2) + `,"request":{"method":"PUT","url":"Goal/g2"}},` +
		`{"fullUrl":"https://mco.example/fhir/Goal/g1","resource":{"resourceType":"Goal","id":"g1","lifecycleStatus":"completed"},"request":{"method":"PUT","url":"Goal/g1"}},` +
		`{"request":{"method":"DELETE","url":"Goal/g3"}}]}`
	for _, c := range []struct {
		name               string
		d                  *gateway.Delivery
		method, path, body string
	}{
		{"one resource", one, "PUT", "Goal/g1", goal(1)},
		{"a deletion", gone, "DELETE", "Goal/g1", ""},
		{"several: the last version of each, in order", several, "POST", "", bundle},
	} {
		p, err := fhirrest.Render(c.d, partner("https://mco.example/fhir/"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{c.method, c.path, c.body, c.d.Key}, []string{p.Method, p.Path, string(p.Body), p.Key}); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	if _, err := fhirrest.Render(&gateway.Delivery{}, partner("https://x")); gateway.FaultOf(err).Code != gateway.Invalid {
		t.Errorf("nothing to send: %v", err)
	}
}

func TestRefusedTokenIsAskedAnewOnce(t *testing.T) {
	var tokens []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("Authorization"))
		if r.Header.Get("Authorization") != "Bearer t2" {
			w.WriteHeader(401)
			return
		}
		w.Header().Set("Location", "http://"+r.Host+"/fhir/Goal/g1/_history/4")
		w.WriteHeader(201)
	}))
	defer srv.Close()
	p, _ := fhirrest.Render(delivery(t, 1), partner(srv.URL))
	fresh := 0
	s := open(t, srv.URL+"/fhir", fhirrest.Options{Token: func(_ context.Context, refused string) (string, error) {
		if refused != "" {
			fresh++
		}
		return fmt.Sprint("t", 1+fresh), nil
	}})
	remote, err := s.Send(context.Background(), p)
	if err != nil || remote != "Goal/g1/_history/4" {
		t.Fatalf("%q, %v", remote, err)
	}
	if diff := cmp.Diff([]string{"Bearer t1", "Bearer t2"}, tokens); diff != "" {
		t.Error(diff)
	}
	tokens = nil
	if _, err := open(t, srv.URL, fhirrest.Options{}).Send(context.Background(), p); gateway.FaultOf(err).Code != gateway.Denied || len(tokens) != 1 {
		t.Errorf("a fixed token was tried %d times: %v", len(tokens), err)
	}
}

func TestDeletionOfWhatIsGoneIsDone(t *testing.T) {
	for _, status := range []int{200, 204, 404, 410} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }))
		_, err := open(t, srv.URL, fhirrest.Options{}).Send(context.Background(), &gateway.Parcel{Method: "DELETE", Path: "Goal/g1", Key: "k"})
		if err != nil {
			t.Errorf("%d: %v", status, err)
		}
		srv.Close()
	}
}

func TestRequestAsTheServerSeesIt(t *testing.T) {
	var got arrived
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, r.ContentLength)
		r.Body.Read(body)
		got = arrived{r.Method, r.URL.Path, r.Header.Get("Prefer"), r.Header.Get("Authorization"), string(body)}
	}))
	defer srv.Close()
	p, _ := fhirrest.Render(delivery(t, 1), partner(srv.URL))
	if _, err := open(t, srv.URL+"/r4", fhirrest.Options{}).Send(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(arrived{"PUT", "/r4/Goal/g1", "return=minimal", "Bearer t0", goal(1)}, got); diff != "" {
		t.Error(diff)
	}
}
