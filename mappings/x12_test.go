package mappings_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/x12"
)

// samples is where public X12 files lie beside the repository.
const samples = "../../shared/spec/x12"

// claimKinds are the kinds of package claims.
var claimKinds = []gateway.Kind{"x12/837P", "x12/834", "x12/835"}

// TestX12Samples maps every claim, member and payment of the public samples: what
// becomes of each is a line of testdata/x12_samples.txt.
func TestX12Samples(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(samples, "*", "*"))
	if len(files) == 0 {
		t.Skip("THE PUBLIC X12 SAMPLES ARE NOT HERE (" + samples + "): only our own cases were run")
	}
	var got bytes.Buffer
	for _, path := range files {
		for _, line := range outcomes(t, path) {
			rel, _ := filepath.Rel(samples, path)
			fmt.Fprintf(&got, "%s %s\n", rel, line)
		}
	}
	const golden = "testdata/x12_samples.txt"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(read(t, golden)), got.String()); diff != "" {
		t.Errorf("run with -update and read the diff:\n%s", diff)
	}
}

// outcomes says what becomes of the parts of a file, one line each.
func outcomes(t *testing.T, path string) (out []string) {
	file, err := mappings.OpenX12(bytes.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	out = refusedSets(file)
	for part, err := range file.Parts() {
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(claimKinds, part.Kind) {
			out = append(out, fmt.Sprintf("%s %d %s", part.Kind, part.Unit.Number, outcome(t, path, part.Kind, part.Body)))
		}
	}
	return out
}

// refusedSets are the transactions that the wire refused already: their 999 or
// TA1 says why.
func refusedSets(file *x12.File) (out []string) {
	kinds := map[string]gateway.Kind{"837": "x12/837P", "834": "x12/834", "835": "x12/835"}
	why := ""
	for _, i := range file.Issues() {
		why = i.Where + ": " + i.Found
		break
	}
	for _, in := range file.Report.Interchanges {
		for _, g := range in.Groups {
			for _, s := range g.Sets {
				if kind, ok := kinds[s.ID]; ok && (s.Broken() || g.Refused() || in.Refused()) {
					out = append(out, fmt.Sprintf("%s 0 refused: %s", kind, why))
				}
			}
		}
	}
	return slices.Compact(out)
}

func outcome(t *testing.T, path string, kind gateway.Kind, body []byte) string {
	mapping, _, _ := mappings.For(kind, clinic())
	out, err := mapping(message(kind, body), clinic())
	if err != nil {
		return "held: " + gateway.FaultOf(err).Issues.Error()
	}
	if out.Issues.Errors() {
		return "refused: " + strings.ReplaceAll(out.Issues.Error(), "\n", " | ")
	}
	mapped(t, message(kind, body), clinic()) // checks it against R4
	return fmt.Sprintf("mapped: %d resources, %d lines, %d spans, %d advices", len(out.Changes), len(out.Facts.Lines), len(out.Facts.Spans), len(out.Facts.Advices))
}

// TestX12Docs checks docs/mappings/x12_*.md: every FHIR element a page names is in
// what a case makes, every kind has its page, and the lists of refusals and
// samples are those of the cases.
func TestX12Docs(t *testing.T) {
	made := map[string]bool{}
	cases, _ := filepath.Glob("testdata/x12_*.txtar")
	var refusals = map[string][]string{}
	for _, path := range cases {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		kind := a.Files[0].Name
		for _, f := range a.Files[1:] {
			if _, body, ok := strings.Cut(string(f.Data), "\n"); ok && strings.HasPrefix(body, "{") {
				elements(t, made, body)
			}
			for line := range strings.Lines(string(f.Data)) {
				if strings.HasPrefix(line, "error ") || f.Name == "refused" {
					refusals[kind] = append(refusals[kind], refusal(line))
				}
			}
		}
	}
	for _, kind := range claimKinds {
		path := filepath.Join(docs, "x12_"+string(kind)[4:7]+".md")
		page, _, _ := strings.Cut(string(read(t, path)), "\n## Refused or held")
		for _, word := range regexp.MustCompile("`([A-Z][A-Za-z]+\\.[A-Za-z.]+)`").FindAllStringSubmatch(page, -1) {
			if !made[word[1]] {
				t.Errorf("%s names %s, which no case makes", path, word[1])
			}
		}
		want := page + "\n## Refused or held\n\nMade from the cases in `mappings/testdata`.\n\n| Where | Found | Allowed |\n|---|---|---|\n" + list(refusals[string(kind)]) +
			"\n## What becomes of the public samples\n\n| File | What becomes of it |\n|---|---|\n" + list(sampleRows(t, kind))
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, string(read(t, path))); diff != "" {
			t.Errorf("%s: run with -update and read the diff:\n%s", path, diff)
		}
	}
}

func list(rows []string) string {
	slices.Sort(rows)
	return strings.Join(slices.Compact(rows), "")
}

// refusal is an issue as a row: "error value DTP03: segment 21 DTP, element 3:
// found x; allowed: y; to mend: z.".
func refusal(line string) string {
	before, text, _ := strings.Cut(line, "found ")
	found, rest, _ := strings.Cut(text, "; allowed: ")
	allowed, _, _ := strings.Cut(rest, "; to mend")
	place, _, _ := strings.Cut(strings.TrimPrefix(before, "map: unmapped: "), ":")
	words := strings.Fields(place)
	return fmt.Sprintf("| %s | %s | %s |\n", words[len(words)-1], strings.ReplaceAll(found, "*", `\*`), strings.ReplaceAll(allowed, "*", `\*`))
}

func sampleRows(t *testing.T, kind gateway.Kind) []string {
	var rows []string
	for line := range strings.Lines(string(read(t, "testdata/x12_samples.txt"))) {
		file, rest, _ := strings.Cut(strings.TrimSpace(line), " "+string(kind)+" ")
		if _, what, ok := strings.Cut(rest, " "); ok {
			if short, _, cut := strings.Cut(what, "; allowed:"); cut {
				what = short
			}
			rows = append(rows, fmt.Sprintf("| %s | %s |\n", file, strings.ReplaceAll(what, "*", `\*`)))
		}
	}
	return rows
}

// elements notes every element of a resource: "Claim.item.net".
func elements(t *testing.T, made map[string]bool, body string) {
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	note(made, v["resourceType"].(string), v)
}

func note(made map[string]bool, path string, v any) {
	made[path] = true
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			note(made, path+"."+name, inner)
		}
	case []any:
		for _, inner := range v {
			note(made, path, inner)
		}
	}
}
