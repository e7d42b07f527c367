package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
)

func TestCreateReadUpdateDelete(t *testing.T) {
	w := newWorld(t)
	res := w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-1")})
	made := res.parse(t)
	location := w.base + "/fhir/Patient/" + made.ID
	if got := res.Header.Get("Location"); got != location+"/_history/1" {
		t.Errorf("Location %q", got)
	}
	if res.Header.Get("ETag") != `W/"1"` || res.Header.Get("Last-Modified") == "" || res.Header.Get("Content-Type") != "application/fhir+json; charset=utf-8" {
		t.Errorf("headers %v", res.Header)
	}
	path := "/fhir/Patient/" + made.ID
	read := w.want(200, request{as: "clinic-a", method: "GET", path: path})
	if read.body != res.body || read.Header.Get("ETag") != `W/"1"` {
		t.Errorf("read %s", read.body)
	}
	w.want(304, request{as: "clinic-a", method: "GET", path: path, header: map[string]string{"If-None-Match": `W/"1"`}})
	w.want(304, request{as: "clinic-a", method: "GET", path: path, header: map[string]string{"If-Modified-Since": read.Header.Get("Last-Modified")}})
	if head := w.want(200, request{as: "clinic-a", method: "HEAD", path: path}); head.body != "" || head.Header.Get("ETag") == "" {
		t.Errorf("HEAD %q %v", head.body, head.Header)
	}

	second := strings.Replace(res.body, "Canary-m-1", "Other", 1)
	w.want(412, request{as: "clinic-a", method: "PUT", path: path, body: second, header: map[string]string{"If-Match": `W/"7"`}})
	put := w.want(200, request{as: "clinic-a", method: "PUT", path: path, body: second, header: map[string]string{"If-Match": `W/"1"`}})
	if put.Header.Get("ETag") != `W/"2"` || put.Header.Get("Location") != location+"/_history/2" {
		t.Errorf("PUT %v", put.Header)
	}
	w.want(200, request{as: "clinic-a", method: "GET", path: path, header: map[string]string{"If-None-Match": `W/"1"`}})
	if v1 := w.want(200, request{as: "clinic-a", method: "GET", path: path + "/_history/1"}); v1.body != res.body {
		t.Errorf("vread 1 %s", v1.body)
	}
	w.want(404, request{as: "clinic-a", method: "GET", path: path + "/_history/9"})

	w.want(204, request{as: "clinic-a", method: "DELETE", path: path})
	w.want(410, request{as: "clinic-a", method: "GET", path: path})
	w.want(204, request{as: "clinic-a", method: "DELETE", path: path})
	w.want(404, request{as: "clinic-a", method: "DELETE", path: "/fhir/Patient/absent"})
	hist := w.want(200, request{as: "clinic-a", method: "GET", path: path + "/_history"}).parse(t)
	if issues := fhir.Validate(hist); issues.Errors() || hist.Get("entry").Len() != 3 {
		t.Errorf("history %v\n%s", issues, hist.JSON)
	}
	var methods []string
	for _, e := range hist.Entries() {
		methods = append(methods, e.Method)
	}
	if fmt.Sprint(methods) != "[DELETE PUT POST]" {
		t.Errorf("history %v", methods)
	}
	w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/Patient/_history?_count=2"})
	w.want(400, request{as: "clinic-a", method: "GET", path: "/fhir/Patient/_history?_since=2024-01-01T00:00:00Z"})
}

func TestPrefer(t *testing.T) {
	w := newWorld(t)
	minimal := w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-1"), header: map[string]string{"Prefer": "return=minimal"}})
	if minimal.body != "" || minimal.Header.Get("Location") == "" {
		t.Errorf("minimal %q %v", minimal.body, minimal.Header)
	}
	outcome := w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-2"), header: map[string]string{"Prefer": "handling=strict, return=OperationOutcome"}})
	if outcome.parse(t).Type != "OperationOutcome" {
		t.Errorf("outcome %s", outcome.body)
	}
	w.want(400, request{as: "clinic-a", method: "GET", path: "/fhir/Patient?favourite=blue", header: map[string]string{"Prefer": "handling=strict"}})
	lenient := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/Patient?favourite=blue"}).parse(t)
	entries := lenient.Get("entry").Items()
	if last := entries[len(entries)-1]; last.Get("search", "mode").Text() != "outcome" {
		t.Errorf("lenient %s", lenient.JSON)
	}
	if strings.Contains(string(lenient.JSON), "favourite=") {
		t.Error("the self link repeats what was ignored")
	}
}

func TestConditional(t *testing.T) {
	w := newWorld(t)
	query := "identifier=" + memberSystem + "%7Cm-1"
	exist := map[string]string{"If-None-Exist": query}
	first := w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-1"), header: exist})
	again := w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("m-1"), header: exist})
	if first.body != again.body || again.Header.Get("Location") != first.Header.Get("Location") {
		t.Errorf("conditional create: %s\n%s", first.body, again.body)
	}
	body := strings.Replace(patient("m-1"), "Canary", "Changed", 1)
	w.want(200, request{as: "clinic-a", method: "PUT", path: "/fhir/Patient?" + query, body: body})
	w.want(201, request{as: "clinic-a", method: "PUT", path: "/fhir/Patient?identifier=" + memberSystem + "%7Cm-2&_format=json", body: patient("m-2")})
	w.want(400, request{as: "clinic-a", method: "PUT", path: "/fhir/Patient", body: body})
	w.want(400, request{as: "clinic-a", method: "DELETE", path: "/fhir/Patient"})
	w.want(412, request{as: "clinic-a", method: "DELETE", path: "/fhir/Patient?identifier=" + memberSystem + "%7C"})
	w.want(204, request{as: "clinic-a", method: "DELETE", path: "/fhir/Patient?" + query})
	w.want(204, request{as: "clinic-a", method: "DELETE", path: "/fhir/Patient?" + query})
	w.want(410, request{as: "clinic-a", method: "GET", path: "/fhir/Patient/" + first.parse(t).ID})
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.create("clinic-a", patient(fmt.Sprintf("m-%d", i)))
	}
	get := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/Patient?_count=2"}).parse(t)
	if issues := fhir.Validate(get); issues.Errors() {
		t.Fatal(issues)
	}
	seen := map[string]bool{}
	for page, pages := get, 0; ; pages++ {
		for _, e := range page.Get("entry").Items() {
			if e.Get("search", "mode").Text() != "match" || e.Get("fullUrl").Text() != w.base+"/fhir/Patient/"+e.Get("resource", "id").Text() {
				t.Errorf("entry %s", e.Raw())
			}
			seen[e.Get("fullUrl").Text()] = true
		}
		next := ""
		for _, l := range page.Get("link").Items() {
			if l.Get("relation").Text() == "next" {
				next = l.Get("url").Text()
			}
		}
		if next == "" {
			break
		}
		if pages > 5 {
			t.Fatal("pages without end")
		}
		page = w.want(200, request{as: "clinic-a", method: "GET", path: strings.TrimPrefix(next, w.base)}).parse(t)
	}
	if len(seen) != 5 {
		t.Errorf("%d patients over all pages", len(seen))
	}
	form := w.want(200, request{as: "clinic-a", method: "POST", path: "/fhir/Patient/_search", body: "identifier=" + memberSystem + "%7Cm-3",
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}).parse(t)
	if form.Get("entry").Len() != 1 || form.Get("total").Text() != "1" {
		t.Errorf("POST _search %s", form.JSON)
	}
	count := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/Patient?_summary=count"}).parse(t)
	if count.Get("total").Text() != "5" || count.Get("entry") != nil {
		t.Errorf("count %s", count.JSON)
	}
	if other := w.want(200, request{as: "clinic-b", method: "GET", path: "/fhir/Patient"}).parse(t); other.Get("entry") != nil || other.Get("total").Text() != "0" {
		t.Errorf("another partner sees %s", other.JSON)
	}
	w.want(400, request{as: "clinic-a", method: "GET", path: "/fhir/Patient?birthdate=tomorrow"})
	w.want(400, request{as: "clinic-a", method: "GET", path: "/fhir/Patient?_page=xyz"})
}

func TestInclude(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", patient("m-1"))
	w.create("clinic-a", `{"resourceType":"CarePlan","status":"active","intent":"plan","subject":{"reference":"`+ref+`"}}`)
	page := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/CarePlan?patient=" + ref + "&_include=CarePlan:subject"}).parse(t)
	entries := page.Get("entry").Items()
	if len(entries) != 2 || entries[1].Get("search", "mode").Text() != "include" {
		t.Errorf("%s", page.JSON)
	}
}

func TestEdges(t *testing.T) {
	w := newWorld(t)
	long := `{"resourceType":"Patient","name":[{"family":"` + strings.Repeat("x", 6<<20) + `"}]}`
	for name, c := range map[string]struct {
		status int
		request
	}{
		"no such path":       {404, request{as: "clinic-a", method: "GET", path: "/fhir/Patient/1/2/3"}},
		"no such root":       {404, request{as: "clinic-a", method: "GET", path: "/fhirx"}},
		"unknown type":       {404, request{as: "clinic-a", method: "GET", path: "/fhir/Pattient/1"}},
		"bad id":             {404, request{as: "clinic-a", method: "GET", path: "/fhir/Patient/a%00b"}},
		"smart":              {404, request{method: "GET", path: "/fhir/.well-known/smart-configuration"}},
		"wrong method":       {405, request{as: "clinic-a", method: "POST", path: "/fhir/Patient/1", body: "{}"}},
		"odd method":         {405, request{as: "clinic-a", method: "BREW", path: "/fhir/Patient/1"}},
		"patch":              {405, request{as: "clinic-a", method: "PATCH", path: "/fhir/Patient/1", body: "[]"}},
		"xml in":             {415, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: "<Patient/>", header: map[string]string{"Content-Type": "application/fhir+xml"}}},
		"no type":            {415, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("1"), header: map[string]string{"Content-Type": ""}}},
		"latin 1":            {415, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("1"), header: map[string]string{"Content-Type": "application/json; charset=latin1"}}},
		"R5":                 {415, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("1"), header: map[string]string{"Content-Type": "application/fhir+json; fhirVersion=5.0"}}},
		"brotli":             {415, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("1"), header: map[string]string{"Content-Encoding": "br"}}},
		"xml out":            {406, request{as: "clinic-a", method: "GET", path: "/fhir/Patient", header: map[string]string{"Accept": "application/fhir+xml"}}},
		"xml format":         {406, request{as: "clinic-a", method: "GET", path: "/fhir/Patient?_format=xml"}},
		"too long":           {413, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: long}},
		"syntax":             {400, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: `{"resourceType":"Patient"`}},
		"invalid":            {422, request{as: "clinic-a", method: "POST", path: "/fhir/CarePlan", body: `{"resourceType":"CarePlan"}`}},
		"empty":              {400, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", header: map[string]string{"Content-Type": "application/json"}}},
		"broken gzip":        {400, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: "not gzip", header: map[string]string{"Content-Encoding": "gzip"}}},
		"broken query":       {400, request{as: "clinic-a", method: "GET", path: "/fhir/Patient?name=%zz"}},
		"bad key":            {400, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("1"), header: map[string]string{"Idempotency-Key": "two words"}}},
		"long key":           {400, request{as: "clinic-a", method: "POST", path: "/fhir/Patient", body: patient("1"), header: map[string]string{"Idempotency-Key": strings.Repeat("k", 256)}}},
		"kind not sent":      {403, request{as: "plans-only", method: "POST", path: "/fhir/Patient", body: patient("1")}},
		"not for operators":  {403, request{as: "operator", method: "GET", path: "/fhir/Patient"}},
		"v1 path":            {404, request{as: "clinic-a", method: "GET", path: "/v1/nothing"}},
		"v1 method":          {405, request{as: "clinic-a", method: "PUT", path: "/v1/messages"}},
		"member in a URL":    {400, request{as: "clinic-a", method: "GET", path: "/v1/authorizations/check?member_id=1"}},
		"v1 no token":        {401, request{method: "POST", path: "/v1/messages", body: "{}"}},
		"collection at base": {400, request{as: "clinic-a", method: "POST", path: "/fhir", body: `{"resourceType":"Bundle","type":"collection"}`}},
		"single at base":     {400, request{as: "clinic-a", method: "POST", path: "/fhir", body: patient("1")}},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			res := w.want(c.status, c.request)
			if c.status == 405 && res.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if c.status == 401 && res.Header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
			if res.Header.Get("X-Request-Id") == "" {
				t.Error("no request id")
			}
		})
	}
	w.t = t
	w.limit.closed.Store(true)
	for _, path := range []string{"/fhir/Patient", "/v1/messages/x"} {
		if res := w.want(http.StatusTooManyRequests, request{as: "clinic-a", method: "GET", path: path}); res.Header.Get("Retry-After") != "2" {
			t.Errorf("429 with Retry-After %q", res.Header.Get("Retry-After"))
		}
	}
}
