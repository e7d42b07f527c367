package search

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/fhir"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestExtract compares the rows of testdata/*.json with the .rows beside them.
func TestExtract(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := describe(parseFile(t, file))
			golden := strings.TrimSuffix(file, ".json") + ".rows"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("rows of %s:\n%s\nwant:\n%s", file, got, want)
			}
		})
	}
}

func parseFile(t testing.TB, file string) *fhir.Resource {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, issues := fhir.Parse(b, fhir.Limits{})
	if r == nil {
		t.Fatal(issues)
	}
	return r
}

// describe writes what is known of a resource, one row a line.
func describe(r *fhir.Resource) string {
	var b strings.Builder
	rows := Extract(r)
	lo, hi := Period(r)
	fmt.Fprintf(&b, "%s/%s updated %s\nsubject %q\nperiod %s\n", rows.Type, rows.ID, instant(rows.Updated), Subject(r, nil), timeRange(lo, hi))
	for _, r := range rows.Tokens {
		fmt.Fprintf(&b, "token %s %q %q\n", r.Param, r.System, r.Value)
	}
	for _, r := range rows.Strings {
		fmt.Fprintf(&b, "string %s %q %q\n", r.Param, r.Value, r.Exact)
	}
	for _, r := range rows.Dates {
		fmt.Fprintf(&b, "date %s %s\n", r.Param, timeRange(r.Lo, r.Hi))
	}
	for _, r := range rows.Refs {
		fmt.Fprintf(&b, "ref %s type=%s id=%s url=%s system=%s value=%s\n", r.Param, r.Type, r.ID, r.URL, r.System, r.Value)
	}
	for _, r := range rows.Quantities {
		fmt.Fprintf(&b, "quantity %s %s %s %q %q\n", r.Param, millionths(r.Lo), millionths(r.Hi), r.System, r.Code)
	}
	return b.String()
}

func timeRange(lo, hi int64) string { return instant(lo) + " .. " + instant(hi) }

func instant(micros int64) string {
	switch micros {
	case MinTime, MaxTime:
		return "open"
	case 0:
		return "never"
	}
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.000000Z07:00")
}

func millionths(n int64) string {
	switch n {
	case MinTime, MaxTime:
		return "open"
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%06d", sign, n/Scale, n%Scale)
}

func TestSubject(t *testing.T) {
	cases := map[string]string{
		`{"resourceType":"Patient","id":"1"}`:                                                                                       "Patient/1",
		`{"resourceType":"Practitioner","id":"1"}`:                                                                                  "",
		`{"resourceType":"Coverage","beneficiary":{"reference":"urn:uuid:x"}}`:                                                      "urn:uuid:x",
		`{"resourceType":"Task","for":{"reference":"Patient/2"}}`:                                                                   "Patient/2",
		`{"resourceType":"Flag","subject":{"reference":"Location/2"}}`:                                                              "",
		`{"resourceType":"Provenance","target":[{"reference":"urn:uuid:y"},{"reference":"CarePlan/1"},{"reference":"Patient/3"}]}`:  "Patient/3",
		`{"resourceType":"Goal","subject":{"reference":"#p"}}`:                                                                      "",
		`{"resourceType":"CarePlan","subject":{"reference":"https://a.example/fhir/Patient/9"}}`:                                    "https://a.example/fhir/Patient/9",
		`{"resourceType":"Schedule","actor":[{"reference":"Practitioner/1"},{"reference":"Patient/4"}]}`:                            "Patient/4",
		`{"resourceType":"Consent","patient":{"reference":"Patient?identifier=urn:a|1"}}`:                                           "Patient?identifier=urn:a|1",
		`{"resourceType":"Appointment","participant":[{"actor":{"reference":"urn:uuid:dr"}},{"actor":{"reference":"urn:uuid:p"}}]}`: "urn:uuid:p",
		`{"resourceType":"Group","member":[{"entity":{"reference":"Patient/1"}}]}`:                                                  "",
	}
	for text, want := range cases {
		if got := Subject(mustParse(t, text), func(ref string) bool { return ref == "urn:uuid:p" }); got != want {
			t.Errorf("Subject(%s) = %q, want %q", text, got, want)
		}
	}
}

func TestPeriod(t *testing.T) {
	cases := map[string]string{
		`{"resourceType":"Patient","birthDate":"2013-01-01"}`:                                                          "open .. open",
		`{"resourceType":"CarePlan","period":{"start":"2024-01-01"},"created":"2023-12-01"}`:                           "2024-01-01T00:00:00.000000Z .. open",
		`{"resourceType":"Condition","onsetDateTime":"2024-02","recordedDate":"2024-03-01"}`:                           "2024-02-01T00:00:00.000000Z .. open",
		`{"resourceType":"Condition","onsetDateTime":"2024-02","abatementDateTime":"2024-03"}`:                         "2024-02-01T00:00:00.000000Z .. 2024-03-31T23:59:59.999999Z",
		`{"resourceType":"Condition","recordedDate":"2024-03-01"}`:                                                     "2024-03-01T00:00:00.000000Z .. 2024-03-01T23:59:59.999999Z",
		`{"resourceType":"Goal","startDate":"2024-01-01","target":[{"dueDate":"2024-06-30"}]}`:                         "2024-01-01T00:00:00.000000Z .. 2024-06-30T23:59:59.999999Z",
		`{"resourceType":"Claim","created":"2024-01-01"}`:                                                              "2024-01-01T00:00:00.000000Z .. 2024-01-01T23:59:59.999999Z",
		`{"resourceType":"DocumentReference","date":"2024-01-01T00:00:00Z","context":{"period":{"end":"2023-12-31"}}}`: "open .. 2023-12-31T23:59:59.999999Z",
		`{"resourceType":"Observation","effectiveDateTime":"2024-01-01T08:00:00+02:00"}`:                               "2024-01-01T06:00:00.000000Z .. 2024-01-01T06:00:00.999999Z",
	}
	for text, want := range cases {
		lo, hi := Period(mustParse(t, text))
		if got := timeRange(lo, hi); got != want {
			t.Errorf("Period(%s) = %s, want %s", text, got, want)
		}
	}
}

func TestDirectory(t *testing.T) {
	for _, open := range []string{"Practitioner", "Organization", "Questionnaire", "ValueSet", "Library", "Medication", "SearchParameter", "HealthcareService"} {
		if !Directory(open) {
			t.Error(open, "is a directory type")
		}
	}
	for _, closed := range []string{"Patient", "CarePlan", "Contract", "Device", "Subscription", "Group", "Basic", "Bundle", "Binary", "Consent", "Nonsense", "Account", "Communication"} {
		if Directory(closed) {
			t.Error(closed, "is not a directory type")
		}
	}
	for _, typ := range fhir.Types() {
		if _, about := Find(typ, "patient"); about && Directory(typ) {
			t.Error(typ, "is about a patient and open to all")
		}
	}
}

func mustParse(t testing.TB, text string) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Parse([]byte(text), fhir.Limits{})
	if r == nil {
		t.Fatal(text, issues)
	}
	return r
}
