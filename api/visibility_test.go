package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// F37: on every route, what belongs to another is answered as what does not
// exist, byte for byte apart from the request id; without a token it is 401. An
// update of either makes a resource of the sender's own, see TestOwnIDs.
func TestOthersAreAbsent(t *testing.T) {
	w := newWorld(t)
	ref := w.create("clinic-a", patient("m-1"))
	gone := w.create("clinic-a", patient("m-2"))
	w.want(204, request{as: "clinic-a", method: "DELETE", path: "/fhir/" + gone})
	absent := "Patient/" + strings.Repeat("0", len(strings.TrimPrefix(ref, "Patient/")))
	body := func(ref string) string {
		return strings.Replace(patient("m-1"), `"identifier"`, `"id":"`+strings.TrimPrefix(ref, "Patient/")+`","identifier"`, 1)
	}
	search := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	for name, make := range map[string]func(ref string) request{
		"read":    func(ref string) request { return request{method: "GET", path: "/fhir/" + ref} },
		"head":    func(ref string) request { return request{method: "HEAD", path: "/fhir/" + ref} },
		"vread":   func(ref string) request { return request{method: "GET", path: "/fhir/" + ref + "/_history/1"} },
		"vread 9": func(ref string) request { return request{method: "GET", path: "/fhir/" + ref + "/_history/9"} },
		"history": func(ref string) request { return request{method: "GET", path: "/fhir/" + ref + "/_history"} },
		"delete":  func(ref string) request { return request{method: "DELETE", path: "/fhir/" + ref} },
		"if-none-match": func(ref string) request {
			return request{method: "GET", path: "/fhir/" + ref, header: map[string]string{"If-None-Match": `W/"1"`}}
		},
		"if-match": func(ref string) request {
			return request{method: "PUT", path: "/fhir/" + ref, body: body(ref), header: map[string]string{"If-Match": `W/"1"`}}
		},
		"batch": func(ref string) request {
			return request{method: "POST", path: "/fhir", body: `{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"` + ref + `"}}]}`}
		},
		"transaction": func(ref string) request {
			return request{method: "POST", path: "/fhir", body: `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"` + ref + `"}}]}`}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			if res := w.do(make(ref)); res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("without a token: %d", res.StatusCode)
			}
			want := asked(w, "clinic-b", make(absent))
			for what, other := range map[string]string{"another's": ref, "another's deleted": gone} {
				if got := asked(w, "clinic-b", make(other)); strings.ReplaceAll(got, other, absent) != want {
					t.Errorf("%s:\n%s\nabsent:\n%s", what, got, want)
				}
			}
		})
	}
	w.t = t
	for name, make := range map[string]func(member string) request{
		"search": func(m string) request {
			return request{method: "GET", path: "/fhir/Patient?identifier=" + memberSystem + "|" + m}
		},
		"post search": func(m string) request {
			return request{method: "POST", path: "/fhir/Patient/_search", body: "identifier=" + memberSystem + "|" + m, header: search}
		},
		"conditional delete": func(m string) request {
			return request{method: "DELETE", path: "/fhir/Patient?identifier=" + memberSystem + "|" + m}
		},
		"check": func(m string) request {
			return request{method: "POST", path: "/v1/authorizations/check", body: `{"member_id":"` + m + `","code":"H2015","service_date":"2026-11-20"}`, header: map[string]string{"Content-Type": "application/json"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			if got, want := asked(w, "clinic-b", make("m-1")), asked(w, "clinic-b", make("m-0")); strings.ReplaceAll(got, "m-1", "m-0") != want {
				t.Errorf("another's:\n%s\nabsent:\n%s", got, want)
			}
		})
	}
	w.t = t
	if res := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/" + ref}); res.Header.Get("ETag") != `W/"1"` {
		t.Error("somebody changed another's record")
	}
}

// asked is all that a partner sees of an answer, but for the name of the request.
func asked(w *world, as string, r request) string {
	w.t.Helper()
	r.as = as
	res := w.do(r)
	res.Header.Del("X-Request-Id")
	res.Header.Del("Date")
	var b strings.Builder
	b.WriteString(res.Status + "\n")
	if err := res.Header.Write(&b); err != nil {
		w.t.Fatal(err)
	}
	return b.String() + res.body
}

// Tokens that lead nowhere are one answer.
func TestTokens(t *testing.T) {
	w := newWorld(t)
	var first string
	for _, header := range []string{"", "Bearer", "Bearer ", "Basic dTpw", "Bearer wrong", "Bearer " + strings.Repeat("x", 4096), "bearer " + token("clinic-a") + "x"} {
		res := w.want(401, request{method: "GET", path: "/fhir/Patient", header: map[string]string{"Authorization": header}})
		if first == "" {
			first = res.body
		}
		if res.body != first {
			t.Errorf("%.20q: %s", header, res.body)
		}
	}
	w.want(200, request{method: "GET", path: "/fhir/Patient", header: map[string]string{"Authorization": "bearer " + token("clinic-a")}})
	w.want(401, request{method: "GET", path: "/fhir/Patient?access_token=" + token("clinic-a")})
}
