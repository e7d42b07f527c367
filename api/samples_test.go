package api_test

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/fhir"
)

// samples is where the official and public samples are; they are not part of
// the repository, for their size and licences.
const samples = "../../shared/spec/fhir"

// Every valid sample is taken in, read back as it was apart from id, meta and
// references, and found by _id and identifier; every invalid one is refused
// with the path of what is wrong.
func TestSamples(t *testing.T) {
	w := newWorld(t)
	taken, refused := 0, 0
	err := filepath.WalkDir(samples, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json") {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		t.Run(strings.TrimPrefix(path, samples+"/"), func(t *testing.T) {
			w.t = t
			r, issues := fhir.Parse(body, fhir.Limits{})
			if r != nil {
				issues = fhir.Validate(r)
			}
			switch {
			case issues.Errors():
				refused++
				w.refuses(string(body), r)
			case r.Type == "Bundle":
				taken++
				w.takesBundle(r, unappliable[d.Name()])
			default:
				taken++
				w.takes(r)
			}
		})
		return nil
	})
	w.t = t
	if err != nil {
		t.Skipf("SKIPPED: the FHIR samples are not at %s, so none was sent: %v", samples, err)
	}
	t.Logf("%d taken in, %d refused", taken, refused)
}

// refuses posts an invalid sample: each issue names its place.
func (w *world) refuses(body string, r *fhir.Resource) {
	w.t.Helper()
	path := "/fhir/Basic"
	if r != nil {
		path = "/fhir/" + r.Type
	}
	res := w.do(request{as: "clinic-a", method: "POST", path: path, body: body})
	if res.StatusCode != 400 && res.StatusCode != 422 {
		w.t.Fatalf("status %d\n%s", res.StatusCode, res.body)
	}
	for _, i := range res.parse(w.t).Get("issue").Items() {
		if i.Get("expression") == nil {
			w.t.Errorf("no path: %s", i.Raw())
		}
	}
}

// takes posts a resource, reads it back and finds it.
func (w *world) takes(r *fhir.Resource) {
	w.t.Helper()
	res := w.want(201, request{as: "clinic-a", method: "POST", path: "/fhir/" + r.Type, body: string(r.JSON)})
	id := strings.Split(strings.TrimPrefix(res.Header.Get("Location"), w.base+"/fhir/"+r.Type+"/"), "/")[0]
	back := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/" + r.Type + "/" + id}).parse(w.t)
	w.same(r, back)
	w.finds(r.Type, "_id="+id, id)
	for _, i := range r.Get("identifier").Items() {
		if system, value := i.Get("system").Text(), i.Get("value").Text(); system != "" && value != "" && !strings.ContainsAny(system+value, `|,$\`) && searchable(r.Type) {
			w.finds(r.Type, "identifier="+url.QueryEscape(system+"|"+value)+"&_count=1000", id)
		}
	}
}

// searchable types have a search parameter for their identifier.
func searchable(typ string) bool {
	switch typ {
	case "Consent", "Subscription", "Provenance", "AuditEvent":
		return typ == "Consent"
	}
	return true
}

// same holds two versions of a resource against each other, apart from id, meta
// and where references lead.
func (w *world) same(a, b *fhir.Resource) {
	w.t.Helper()
	plain := func(r *fhir.Resource) []byte {
		return r.Stamp("x", 1, time.Unix(0, 0).UTC(), func(string) string { return "r" }).JSON
	}
	if !fhir.Equal(plain(a), plain(b)) {
		w.t.Errorf("sent:\n%s\nread:\n%s", a.JSON, b.JSON)
	}
}

func (w *world) finds(typ, query, id string) {
	w.t.Helper()
	page := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/" + typ + "?" + query}).parse(w.t)
	for _, e := range page.Entries() {
		if e.Resource.ID == id {
			return
		}
	}
	w.t.Errorf("%s?%s does not find %s", typ, query, id)
}

// unappliable are Bundles whose content cannot be taken in; as Bundles they can
// be kept all the same.
var unappliable = map[string]string{
	"Bundle-bundle-transaction.json": "it reads inside a transaction, and updates ids of another server",
	"Bundle-bundle-references.json":  "it holds one resource twice",
	"DeniedResponse.json":            "it holds one resource twice",
	"GrantedResponse.json":           "it holds one resource twice",
}

// takesBundle sends a Bundle as a message, and each of its resources is there.
func (w *world) takesBundle(r *fhir.Resource, why string) {
	w.t.Helper()
	res := w.do(request{as: "clinic-a", method: "POST", path: "/v1/messages", body: string(r.JSON)})
	if why != "" {
		if res.StatusCode != 400 && res.StatusCode != 422 {
			w.t.Errorf("status %d, though %s", res.StatusCode, why)
		}
		w.takes(r)
		return
	}
	switch r.Get("type").Text() {
	case "batch":
		if res.StatusCode != 200 && res.StatusCode != 422 {
			w.t.Errorf("status %d\n%s", res.StatusCode, res.body)
		}
	case "transaction", "collection":
		if res.StatusCode != 200 && res.StatusCode != 201 {
			w.t.Fatalf("status %d\n%.2000s", res.StatusCode, res.body)
		}
		got := read[receipt](w.t, res)
		entries := r.Entries()
		if len(got.Resources) != len(entries) {
			w.t.Fatalf("%d entries became %d resources", len(entries), len(got.Resources))
		}
		for i, e := range entries {
			if e.Resource != nil && got.Resources[i].Change != "unchanged" {
				w.same(e.Resource, w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/" + got.Resources[i].Reference}).parse(w.t))
			}
		}
	default:
		if res.StatusCode != 201 {
			w.t.Fatalf("status %d\n%.2000s", res.StatusCode, res.body)
		}
		got := read[receipt](w.t, res)
		w.same(r, w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/" + got.Resources[0].Reference}).parse(w.t))
	}
}
