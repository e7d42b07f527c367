package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// v1 sends a request to the partner API and holds the request and the answer
// against openapi.yaml.
func (w *world) v1(status int, r request) response {
	w.t.Helper()
	if r.header == nil {
		r.header = map[string]string{}
	}
	if r.body != "" && r.header["Content-Type"] == "" {
		r.header["Content-Type"] = "application/json"
	}
	res := w.want(status, r)
	req, err := http.NewRequest(r.method, r.path, strings.NewReader(r.body))
	if err != nil {
		w.t.Fatal(err)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	router, err := gorillamux.NewRouter(described(w.t))
	if err != nil {
		w.t.Fatal(err)
	}
	route, params, err := router.FindRoute(req)
	if err != nil {
		w.t.Fatalf("%s %s is not described: %v", r.method, r.path, err)
	}
	input := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	if status < 400 {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			w.t.Errorf("%s %s: the request is not as described: %v", r.method, r.path, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: res.StatusCode, Header: res.Header,
		Body: io.NopCloser(strings.NewReader(res.body)), Options: input.Options}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		w.t.Errorf("%s %s: the answer is not as described: %v\n%s", r.method, r.path, err, res.body)
	}
	return res
}

func described(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return doc
}

func init() {
	openapi3filter.RegisterBodyDecoder("text/csv", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/fhir+json", openapi3filter.JSONBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/yaml", openapi3filter.PlainBodyDecoder)
}

// receipt and report are the answers of /v1/messages as a partner reads them.
type receipt struct {
	ID        string
	State     string
	Resources []struct{ Reference, Change, URL string }
	Issues    []struct{ Path, Where, Found, Allowed, Fix string }
	Answers   []reportRow
}

type report struct {
	Rows, Accepted, Repeated, Held, Rejected, Answered, Unanswered int
	Results                                                        []reportRow
}

type reportRow struct {
	Row       int
	Status    string
	Message   string
	Resources []struct{ Reference, Change, URL string }
	Answer    map[string]any
	Issues    []struct{ Path, Where, Found, Allowed, Fix string }
}

func read[T any](t testing.TB, res response) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(res.body), &out); err != nil {
		t.Fatalf("%v\n%s", err, res.body)
	}
	return out
}

const service = `{"record":"service","line_id":"L-1","claim_id":"C-1","member_id":"m-1","provider_id":"1234567893","code":"H2015","modifiers":"","service_date":"2026-11-20","units":4}`

func TestOneRecord(t *testing.T) {
	w := newWorld(t)
	res := w.v1(201, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: service})
	got := read[receipt](t, res)
	if got.State != "accepted" || len(got.Resources) == 0 || res.Header.Get("Location") != w.base+"/v1/messages/"+got.ID {
		t.Fatalf("%v %s", res.Header, res.body)
	}
	again := w.v1(201, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: service})
	if again.body != res.body || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeat: %v %s", again.Header, again.body)
	}
	own := w.v1(200, request{as: "clinic-a", method: "GET", path: "/v1/messages/" + got.ID})
	if own.body != res.body {
		t.Errorf("receipt %s\nwas %s", own.body, res.body)
	}
	other := w.v1(404, request{as: "clinic-b", method: "GET", path: "/v1/messages/" + got.ID})
	absent := w.v1(404, request{as: "clinic-b", method: "GET", path: "/v1/messages/absent"})
	if other.body != absent.body {
		t.Errorf("another's message differs from an absent one: %s %s", other.body, absent.body)
	}
	bad := w.v1(422, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: strings.Replace(service, `"units":4`, `"units":"four"`, 1)})
	problem := read[receipt](t, bad)
	if len(problem.Issues) != 1 || problem.Issues[0].Path == "" || problem.Issues[0].Found == "" || problem.Issues[0].Allowed == "" || problem.Issues[0].Fix == "" {
		t.Errorf("%s", bad.body)
	}
	w.v1(400, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: `{"record":`})
	w.v1(400, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: `{"record":"servise"}`})
	key := map[string]string{"Idempotency-Key": "k"}
	w.v1(201, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: strings.Replace(service, "L-1", "L-2", 1), header: key})
	w.v1(422, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: strings.Replace(service, "L-1", "L-3", 1), header: key})
}

func TestSeveralRecords(t *testing.T) {
	w := newWorld(t)
	body := "[" + service + "," + strings.Replace(service, `"L-1"`, `""`, 1) + "," + strings.Replace(service, "L-1", "L-3", 1) + `,{"record":"visit"}]`
	got := read[report](t, w.v1(200, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: body}))
	if got.Rows != 4 || got.Accepted != 2 || got.Rejected != 2 {
		t.Errorf("%+v", got)
	}
	again := w.v1(200, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: body})
	if got := read[report](t, again); got.Repeated != 2 || got.Rejected != 2 {
		t.Errorf("%+v", got)
	}
	none := w.v1(422, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: `{"records":[{"record":"service"}]}`})
	if got := read[report](t, none); got.Rejected != 1 || len(got.Results[0].Issues) < 3 {
		t.Errorf("%+v", got)
	}
}

// sheet has 47 good rows and three bad ones.
func sheet() string {
	var b strings.Builder
	b.WriteString("line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units\n")
	for i := range 50 {
		line, units := fmt.Sprintf("L-%d", i), "4"
		switch i {
		case 10:
			units = "four"
		case 20:
			line = ""
		case 30:
			units = "1,5"
		}
		fmt.Fprintf(&b, "%s,C-%d,m-%d,1234567893,H2015,,2026-11-20,%s\n", line, i, i%5, units)
	}
	return b.String()
}

func TestTable(t *testing.T) {
	w := newWorld(t)
	csv := map[string]string{"Content-Type": "text/csv"}
	res := w.v1(200, request{as: "clinic-a", method: "POST", path: "/v1/messages?kind=service", body: sheet(), header: csv})
	got := read[report](t, res)
	if got.Rows != 50 || got.Accepted != 47 || got.Rejected != 3 {
		t.Fatalf("%+v", got)
	}
	for _, r := range got.Results {
		if r.Status != "rejected" {
			continue
		}
		if i := r.Issues[0]; i.Where == "" || i.Found == "" || i.Allowed == "" || i.Fix == "" {
			t.Errorf("row %d: %+v", r.Row, i)
		}
	}
	if first := got.Results[10]; first.Row != 12 || !strings.Contains(first.Issues[0].Where, "row 12") || !strings.Contains(first.Issues[0].Where, "units") {
		t.Errorf("row %+v", first)
	}
	fixed := strings.NewReplacer("four", "4", "\n,C-20", "\nL-20,C-20", "1,5", "1.5").Replace(sheet())
	if got := read[report](t, w.v1(200, request{as: "clinic-a", method: "POST", path: "/v1/messages?kind=service", body: fixed, header: csv})); got.Rejected != 0 {
		t.Errorf("mended: %+v", got)
	}
	again := w.v1(200, request{as: "clinic-a", method: "POST", path: "/v1/messages?kind=service", body: fixed, header: csv})
	if again.Header.Get("Idempotent-Replayed") != "true" || read[report](t, again).Repeated != 50 {
		t.Errorf("%v", again.Header)
	}
	text := w.v1(200, request{as: "clinic-a", method: "POST", path: "/v1/messages?kind=service", body: sheet(), header: map[string]string{"Content-Type": "text/csv", "Accept": "text/csv"}})
	if lines := strings.Count(text.body, "\n"); lines != 51 || !strings.HasPrefix(text.body, "row,status,message,") {
		t.Errorf("%d lines\n%s", lines, text.body)
	}
	w.v1(400, request{as: "clinic-a", method: "POST", path: "/v1/messages?kind=visits", body: sheet(), header: csv})
	w.v1(422, request{as: "clinic-a", method: "POST", path: "/v1/messages?kind=service", body: "line,units\n1,2\n", header: csv})
	w.v1(422, request{as: "clinic-a", method: "POST", path: "/v1/messages?kind=service", body: strings.SplitAfter(sheet(), "\n")[0], header: csv})
}

func TestUpload(t *testing.T) {
	w := newWorld(t)
	send := func(fields map[string]string, status int) response {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		for name, value := range fields {
			var part io.Writer
			var err error
			if name == "file" {
				part, err = form.CreateFormFile("file", "services.csv")
			} else {
				part, err = form.CreateFormField(name)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(part, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		return w.want(status, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: b.String(), header: map[string]string{"Content-Type": form.FormDataContentType()}})
	}
	if got := read[report](t, send(map[string]string{"kind": "service", "file": sheet()}, 200)); got.Accepted != 47 {
		t.Errorf("%+v", got)
	}
	if got := read[report](t, send(map[string]string{"kind": "service", "file": sheet()}, 200)); got.Repeated != 47 {
		t.Errorf("the same file in another form: %+v", got)
	}
	send(map[string]string{"kind": "service"}, 400)
	send(map[string]string{"file": sheet()}, 400)
}

func TestResourcesAsMessages(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"resource":    {201, patient("m-1")},
		"collection":  {201, `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + patient("m-2") + `}]}`},
		"document":    {201, `{"resourceType":"Bundle","type":"document","timestamp":"2026-01-01T00:00:00Z","identifier":{"system":"urn:x","value":"d"},"entry":[{"fullUrl":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","resource":{"resourceType":"Composition","status":"final","type":{"text":"x"},"date":"2026-01-01","author":[{"display":"x"}],"title":"x"}}]}`},
		"transaction": {201, `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":` + patient("m-3") + `,"request":{"method":"POST","url":"Patient"}}]}`},
		"invalid":     {422, `{"resourceType":"CarePlan"}`},
		"no type":     {400, `{"resourceType":"CarePlann"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			res := w.v1(c.status, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: c.body, header: map[string]string{"Content-Type": "application/fhir+json"}})
			if c.status == 201 && len(read[receipt](t, res).Resources) != 1 {
				t.Errorf("%s", res.body)
			}
		})
	}
	w.t = t
	batch := `{"resourceType":"Bundle","type":"batch","entry":[
		{"resource":` + patient("m-4") + `,"request":{"method":"POST","url":"Patient"}},
		{"request":{"method":"GET","url":"Patient"}},
		{"resource":` + patient("m-4") + `,"request":{"method":"PUT","url":"Patient?identifier=` + memberSystem + `|m-4"}}]}`
	got := read[report](t, w.v1(200, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: batch}))
	if got.Accepted != 2 || got.Answered != 1 || got.Rejected != 0 {
		t.Errorf("%+v", got)
	}
	message := `{"resourceType":"Bundle","type":"message","timestamp":"2026-01-01T00:00:00Z","entry":[{"fullUrl":"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","resource":{"resourceType":"MessageHeader","id":"header-1","eventUri":"urn:x","source":{"endpoint":"urn:y"}}}]}`
	w.v1(201, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: message})
	if again := w.v1(201, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: message}); again.Header.Get("Idempotent-Replayed") != "true" {
		t.Error("a message with the same header is a repeat")
	}
	w.v1(422, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: strings.Replace(message, "urn:y", "urn:z", 1)})
	w.v1(403, request{as: "plans-only", method: "POST", path: "/v1/messages", body: patient("m-5")})
	collection := `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + patient("m-5") + `}]}`
	w.v1(403, request{as: "plans-only", method: "POST", path: "/v1/messages", body: collection})
	refused := read[report](t, w.v1(422, request{as: "plans-only", method: "POST", path: "/v1/messages", body: "[" + service + "]"}))
	if refused.Rejected != 1 {
		t.Errorf("%+v", refused)
	}
	w.v1(413, request{as: "clinic-a", method: "POST", path: "/v1/messages", body: "[" + strings.Repeat(service+",", 5000) + service + "]"})
	w.v1(413, request{as: "clinic-a", method: "POST", path: "/v1/messages?kind=service", body: "line_id\n" + strings.Repeat("1\n", 5001), header: map[string]string{"Content-Type": "text/csv"}})
}

func TestOpenAPIIsServed(t *testing.T) {
	w := newWorld(t)
	res := w.v1(200, request{method: "GET", path: "/v1/openapi.yaml"})
	if !strings.HasPrefix(res.body, "openapi: 3.0.3") {
		t.Errorf("%.80s", res.body)
	}
}
