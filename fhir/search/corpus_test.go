package search

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

// corpus is where the public FHIR samples are, when they are here.
const corpus = "../../../shared/spec/fhir"

// TestEveryRowIsFound holds for every resource: a query built from one of its
// rows matches it.
func TestEveryRowIsFound(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	if _, err := os.Stat(corpus); err == nil {
		files = append(files, jsonFiles(t, corpus)...)
	} else {
		t.Log("the FHIR samples are not at ../shared/spec/fhir: our own only")
	}
	resources := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := fhir.Parse(b, fhir.Limits{})
		if r == nil {
			continue // a sample that is invalid on purpose
		}
		resources += 1 + len(r.Entries())
		checkRows(t, file, r)
		for _, e := range r.Entries() {
			if e.Resource != nil {
				checkRows(t, file, e.Resource)
			}
		}
	}
	t.Log(len(files), "files,", resources, "resources")
}

func jsonFiles(t *testing.T, dir string) []string {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".json") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func checkRows(t *testing.T, file string, r *fhir.Resource) {
	t.Helper()
	rows := Extract(r)
	Subject(r, nil)
	if lo, hi := Period(r); lo > hi {
		t.Errorf("%s: %s: period %s", file, r.Type, timeRange(lo, hi))
	}
	for _, q := range queriesOf(rows) {
		query, issues := Parse(r.Type, q, Options{Strict: true})
		if len(issues) > 0 {
			t.Errorf("%s: %s?%s: %v", file, r.Type, q.Encode(), issues)
			continue
		}
		if !Match(query, rows) {
			t.Errorf("%s: %s?%s does not find its own resource", file, r.Type, q.Encode())
		}
	}
}

// queriesOf asks for each row in the ways a caller could.
func queriesOf(rows Rows) []url.Values {
	var all []url.Values
	add := func(name, value string) { all = append(all, url.Values{name: {value}}) }
	for _, r := range rows.Tokens {
		if p, _ := Find(rows.Type, r.Param); p.Type == URI {
			add(r.Param, Escape(r.Value))
			add(r.Param+":below", Escape(r.Value[:1]))
			continue
		}
		add(r.Param, Escape(r.Value))
		add(r.Param, Escape(r.System)+"|"+Escape(r.Value))
		if r.System != "" {
			add(r.Param, Escape(r.System)+"|")
		}
		add(r.Param+":missing", "false")
	}
	for _, r := range rows.Strings {
		if p, _ := Find(rows.Type, r.Param); p.Type == Token {
			add(r.Param+":text", Escape(r.Exact))
			continue
		}
		add(r.Param, Escape(r.Value))
		add(r.Param+":exact", Escape(r.Exact))
		add(r.Param+":contains", Escape(lastWord(r.Value)))
	}
	for _, r := range rows.Dates {
		addDates(add, r)
	}
	for _, r := range rows.Refs {
		addRefs(add, r)
	}
	for _, r := range rows.Quantities {
		addQuantities(add, rows.Type, r)
	}
	if rows.ID != "" {
		add("_id", "other,"+rows.ID)
	}
	if rows.Updated != 0 {
		add("_lastUpdated", moment(rows.Updated))
	}
	return all
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

func moment(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.000000Z")
}

func addDates(add func(name, value string), r DateRow) {
	if r.Lo != MinTime {
		add(r.Param, "ge"+moment(r.Lo))
		add(r.Param, "le"+moment(r.Lo))
		add(r.Param, "sa"+moment(r.Lo-1))
	}
	if r.Hi != MaxTime {
		add(r.Param, "le"+moment(r.Hi))
		add(r.Param, "ge"+moment(r.Hi))
		add(r.Param, "eb"+moment(r.Hi+1))
	}
	if r.Lo/(365*day) == r.Hi/(365*day) && r.Lo > 0 {
		add(r.Param, "ap"+time.UnixMicro(r.Lo).UTC().Format("2006"))
	}
}

func addRefs(add func(name, value string), r RefRow) {
	switch {
	case r.ID != "":
		add(r.Param, r.ID)
		add(r.Param, r.Type+"/"+r.ID)
		add(r.Param+":"+r.Type, r.ID)
	case r.URL != "":
		add(r.Param, Escape(r.URL))
	default:
		add(r.Param+":identifier", Escape(r.System)+"|"+Escape(r.Value))
	}
}

func addQuantities(add func(name, value string), typ string, r QuantityRow) {
	unit := ""
	if p, _ := Find(typ, r.Param); p.Type == Quantity {
		unit = "|" + Escape(r.System) + "|" + Escape(r.Code)
	}
	if r.Lo != MinTime {
		add(r.Param, "ge"+millionths(r.Lo)+unit)
	}
	if r.Hi != MaxTime {
		add(r.Param, "le"+millionths(r.Hi)+unit)
	}
	if r.Lo == r.Hi {
		add(r.Param, millionths(r.Lo)+unit)
	}
}
