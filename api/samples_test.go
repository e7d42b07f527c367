package api_test

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
)

// samples is where the official and public samples are; they are not part of
// the repository, for their size and licences.
const samples = "../../shared/spec/fhir"

// unsent are the samples that are refused, and why; all others are taken in.
var unsent = map[string]string{
	"davinci-prior-auth-ri/bundle-dtr.json":                 "invalid: Condition.clinicalStatus and verificationStatus are strings",
	"davinci-prior-auth-ri/bundle-prior-auth.json":          "invalid: DeviceRequest.insurance is no list, answers have no value[x]",
	"davinci-prior-auth-ri/claim-complete.json":             "invalid: Coverage is of DSTU2: grouping; no status, no beneficiary",
	"davinci-prior-auth-ri/questionnaireresponse-dtr.json":  "invalid: empty answers",
	"inferno-pas-presets/ms221-approval_json_response.json": "invalid: servicedDate and servicedPeriod, DeviceRequest without code",
	"inferno-pas-presets/ms221-denial_json_response.json":   "invalid: servicedDate and servicedPeriod, DeviceRequest without code",
	"inferno-pas-presets/ms221-inquire_json_response.json":  "invalid: servicedDate and servicedPeriod, DeviceRequest without code",
	"inferno-pas-presets/ms221-ms_inquire_responses.json":   "invalid: servicedDate and servicedPeriod, DeviceRequest without code",
	"inferno-pas-presets/ms221-pended_json_response.json":   "invalid: servicedDate and servicedPeriod, DeviceRequest without code",
	"r4-examples/Bundle-bundle-transaction.json":            "valid: but it calls an operation ($lookup), and has an If-Match on what this server does not have",
}

// Every valid sample is taken in by the door that throughline send uses; each
// resource of it is read back as it was apart from id, meta and references, and
// found by _id and identifier. The others are refused with the path of what is
// wrong.
func TestSamples(t *testing.T) {
	w := newWorld(t)
	taken, resources, refused := 0, 0, 0
	err := filepath.WalkDir(samples, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json") {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, samples+"/"))
		t.Run(name, func(t *testing.T) {
			w.t = t
			if unsent[name] != "" {
				refused++
				w.refuses(body, !strings.HasPrefix(unsent[name], "valid"))
				return
			}
			taken++
			resources += w.takes(body)
		})
		return nil
	})
	w.t = t
	if err != nil {
		t.Skipf("SKIPPED: the FHIR samples are not at %s, so none was sent: %v", samples, err)
	}
	if refused != len(unsent) {
		t.Errorf("%d refused, %d expected", refused, len(unsent))
	}
	t.Logf("%d files taken in with %d resources, %d refused", taken, resources, refused)
}

// sends posts a file as throughline send does.
func (w *world) sends(body []byte) response {
	w.t.Helper()
	return w.do(request{as: "clinic-a", method: "POST", path: "/v1/messages", body: string(body), header: map[string]string{"Content-Type": "application/json"}})
}

// refuses sends a sample: each error names its place.
func (w *world) refuses(body []byte, invalid bool) {
	w.t.Helper()
	r, issues := fhir.Parse(body, fhir.Limits{})
	if r != nil {
		issues = fhir.Validate(r)
	}
	if issues.Errors() != invalid {
		w.t.Errorf("invalid %t: %v", issues.Errors(), issues)
	}
	res := w.sends(body)
	if res.StatusCode != 400 && res.StatusCode != 422 {
		w.t.Fatalf("status %d\n%s", res.StatusCode, res.body)
	}
	errors := 0
	for _, i := range read[problem](w.t, res).Issues {
		if i.Severity != "error" && i.Severity != "fatal" {
			continue
		}
		if errors++; i.Path == "" || i.Found == "" || i.Fix == "" {
			w.t.Errorf("%+v", i)
		}
	}
	if errors == 0 {
		w.t.Errorf("nothing is wrong: %s", res.body)
	}
}

type problem struct {
	Issues []struct{ Severity, Path, Found, Allowed, Fix string }
}

// takes sends a sample and finds what became of it; it says how many resources
// that are.
func (w *world) takes(body []byte) int {
	w.t.Helper()
	r, issues := fhir.Parse(body, fhir.Limits{})
	if r == nil {
		w.t.Fatal(issues)
	}
	res := w.sends(body)
	if res.StatusCode != 200 && res.StatusCode != 201 {
		w.t.Fatalf("status %d\n%.2000s", res.StatusCode, res.body)
	}
	sent := []*fhir.Resource{r}
	if r.Type == "Bundle" {
		switch r.Get("type").Text() {
		case "batch":
			w.answers(r, read[report](w.t, res))
			return 0
		case "transaction", "collection":
			sent = nil
			for _, e := range r.Entries() {
				sent = append(sent, e.Resource)
			}
		}
	}
	got := read[receipt](w.t, res)
	if got.State != "accepted" || len(got.Resources) != len(sent) {
		w.t.Fatalf("%s: %d sent, %d taken in", got.State, len(sent), len(got.Resources))
	}
	for i, s := range sent {
		w.finds(s, got.Resources[i].Reference)
	}
	return len(sent)
}

// answers checks the report on a batch: nothing is rejected. The samples ask for
// placeholders, which nothing answers to.
func (w *world) answers(r *fhir.Resource, got report) {
	w.t.Helper()
	if got.Rejected > 0 || got.Rows != len(r.Entries()) || got.Rows != got.Accepted+got.Answered+got.Unanswered {
		w.t.Errorf("%+v", got)
	}
	for _, row := range got.Results {
		if row.Status == "unanswered" && len(row.Issues) == 0 || row.Status == "answered" && row.Answer == nil {
			w.t.Errorf("row %+v", row)
		}
	}
}

// finds reads a resource back and finds it by its id and its identifiers.
func (w *world) finds(sent *fhir.Resource, ref string) {
	w.t.Helper()
	w.same(sent, w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/" + ref}).parse(w.t))
	typ, id, _ := strings.Cut(ref, "/")
	w.found(typ, "_id="+id, id)
	for _, i := range sent.Get("identifier").Items() {
		system, value := i.Get("system").Text(), i.Get("value").Text()
		if _, ok := search.Find(typ, "identifier"); !ok || system == "" || value == "" || strings.ContainsAny(system+value, `|,$\`) {
			continue
		}
		w.found(typ, "identifier="+url.QueryEscape(system+"|"+value)+"&_id="+id, id)
	}
}

func (w *world) found(typ, query, id string) {
	w.t.Helper()
	page := w.want(200, request{as: "clinic-a", method: "GET", path: "/fhir/" + typ + "?" + query}).parse(w.t)
	if entries := page.Entries(); len(entries) != 1 || entries[0].Resource.ID != id {
		w.t.Errorf("%s?%s does not find %s", typ, query, id)
	}
}

// resolved is a reference that the store has made its own.
var resolved = regexp.MustCompile(`^[A-Za-z]+/[0-9a-f]{26}(#.*)?$`)

// same holds two versions of a resource against each other, apart from id, meta
// and the references that the store has resolved.
func (w *world) same(a, b *fhir.Resource) {
	w.t.Helper()
	plain := func(r *fhir.Resource) []byte {
		return r.Stamp("x", 1, time.Unix(0, 0).UTC(), func(string) string { return "r" }).JSON
	}
	if !fhir.Equal(plain(a), plain(b)) {
		w.t.Errorf("sent:\n%s\nread:\n%s", a.JSON, b.JSON)
		return
	}
	was, is := a.References(), b.References()
	if len(was) != len(is) {
		w.t.Fatalf("%d references became %d", len(was), len(is))
	}
	for i := range was {
		if was[i].Value != is[i].Value && !resolved.MatchString(is[i].Value) {
			w.t.Errorf("reference %s became %s", was[i].Value, is[i].Value)
		}
	}
}
