package mappings_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

var update = flag.Bool("update", false, "rewrite the golden cases and docs/mappings")

// TestGolden runs every case of testdata: a message in, the resources, facts,
// relations and issues out. The first file of a case is the message; its name
// is the kind ("json/care_plan"), its comment says what the case is about and
// may name the partner ("partner: clinic-c").
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: a.Comment, Files: append(a.Files[:1:1], run(t, a)...)}
			if *update {
				if err := os.WriteFile(path, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(a)), string(txtar.Format(got))); diff != "" {
				t.Errorf("differs from the case; run with -update and read the diff (-want +got):\n%s", diff)
			}
		})
	}
}

func run(t *testing.T, a *txtar.Archive) []txtar.File {
	p := clinic()
	if bytes.Contains(a.Comment, []byte("partner: clinic-c")) {
		p = clinicC()
	}
	if bytes.Contains(a.Comment, []byte("partner: throughline")) {
		p = gateway.AsPartner()
	}
	kind := gateway.Kind(a.Files[0].Name)
	m := message(kind, bytes.TrimSpace(a.Files[0].Data))
	if strings.HasPrefix(a.Files[0].Name, "csv/") {
		m.Body, m.Origin = a.Files[0].Data, "upload.csv row 12"
	}
	if typ, found := strings.CutPrefix(a.Files[0].Name, "fhir/"); found && typ[0] < 'a' {
		m.Ask = &gateway.Ask{Interaction: gateway.AskCreate, Type: typ}
	}
	out, refused := mappedOrRefused(t, m, p)
	var files []txtar.File
	add := func(name, text string) {
		if text != "" {
			files = append(files, txtar.File{Name: strings.TrimSpace(name), Data: []byte(text + "\n")})
		}
	}
	add("mapping", out.Name)
	add("refused", refused)
	add("issues", wordsOf(out))
	for i, c := range out.Changes {
		text := c.FullURL + "\n" + patchOf(c) + pretty(c)
		if strings.HasPrefix(a.Files[0].Name, "fhir/") {
			text = fmt.Sprintf("%s %s key=%s source=%s where=%t version=%d", c.FullURL, c.ID, c.Key.System, c.SourceID, c.Where != nil, c.IfMatch)
		}
		add(fmt.Sprintf("%02d %s %s %s", i+1, c.Op, c.Type, c.Key.Value), text)
	}
	add("facts", factsOf(out))
	add("relations", relationsOf(out))
	for _, m := range out.Merges {
		add("merge", m.From.System+"|"+m.From.Value+" into "+m.Into.System+"|"+m.Into.Value)
	}
	return files
}

// patchOf is what a change says beside its resource.
func patchOf(c gateway.Change) (text string) {
	for _, a := range c.Alias {
		text += "alias " + a.System + " " + a.Value + "\n"
	}
	if c.Where != nil {
		text += "where " + c.Where.Values().Encode() + "\n"
	}
	if c.ID != "" {
		text += "id " + c.ID + "\n"
	}
	if len(c.Clear) > 0 {
		text += "clear " + strings.Join(c.Clear, ", ") + "\n"
	}
	if len(c.Once) > 0 {
		text += "once " + strings.Join(c.Once, ", ") + "\n"
	}
	return text
}

func wordsOf(out *gateway.Mapped) string {
	var lines []string
	for _, i := range out.Issues {
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", i.Severity, i.Code, i.Path, i.Text()))
	}
	return strings.Join(lines, "\n")
}

func factsOf(out *gateway.Mapped) string {
	var lines []string
	for _, f := range out.Facts.Lines {
		lines = append(lines, fmt.Sprintf("line %v %s", f.Member, stated(f.Line)))
	}
	for _, f := range out.Facts.Auths {
		lines = append(lines, fmt.Sprintf("auth %v %s", f.Member, stated(f.Auth)))
	}
	for _, f := range out.Facts.Spans {
		lines = append(lines, fmt.Sprintf("span %v %s", f.Member, stated(f.Span)))
	}
	for _, f := range out.Facts.Plans {
		lines = append(lines, fmt.Sprintf("%s %v %s", f.Plan.Kind, f.Member, stated(f.Plan)))
	}
	for _, f := range out.Facts.Records {
		lines = append(lines, fmt.Sprintf("record %s %v %s", f.Kind, f.Member, f.ID))
	}
	for _, f := range out.Facts.Advices {
		lines = append(lines, fmt.Sprintf("advice %v %+v", f.Member, f.Advice))
	}
	return strings.Join(lines, "\n")
}

// stated writes the fields of a fact that say something.
func stated(fact any) string {
	v := reflect.ValueOf(fact)
	var words []string
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.IsZero():
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			for n := range f.Len() {
				words = append(words, v.Type().Field(i).Name+":"+stated(f.Index(n).Interface()))
			}
		default:
			words = append(words, fmt.Sprintf("%s:%v", v.Type().Field(i).Name, f.Interface()))
		}
	}
	return "{" + strings.Join(words, " ") + "}"
}

func relationsOf(out *gateway.Mapped) string {
	var lines []string
	for _, r := range out.Relations {
		lines = append(lines, fmt.Sprintf("%s %s %s %s from %d to %d", r.Why, r.Ref, r.Subject+r.Member.Value, r.Scope+r.Organization, r.Lo, r.Hi))
	}
	return strings.Join(lines, "\n")
}

// clinicC has its own columns and codes.
func clinicC() *gateway.Partner {
	p := clinic()
	p.ID = "clinic-c"
	p.Formats = map[string]gateway.Format{"service": {
		Version: "3",
		Columns: map[string]string{"line_id": "Line", "member_id": "Medicaid No", "provider_id": "NPI", "code": "Service", "service_date": "Date", "units": "Qty", "source": "Type"},
		Codes: map[string]map[string]string{"code": {"WRAP": "H2021"}, "source": {"V": "visit log"},
			"provider_rule": {"77001": "rendering"}, "unit": {"UN": "15 min"}},
	}, "enrollment": {Codes: map[string]map[string]string{"payer": {"777777777": "riverbend"}, "program": {"KIDSWVR": "sed-waiver"}, "county": {"03": "Allegan"}}}}
	return p
}

// TestWalk: the README's walk. The good plan maps; the broken one gives exactly
// four issues, each with path, found, allowed and how to mend it; of fifty
// service rows three come back.
func TestWalk(t *testing.T) {
	good := mapped(t, message("json/care_plan", read(t, "testdata/walk/care_plan.json")), clinic())
	if len(good.Issues) > 0 {
		t.Errorf("care_plan.json: %v", good.Issues)
	}
	broken := mapped(t, message("json/care_plan", read(t, "testdata/walk/care_plan_broken.json")), clinic())
	if len(broken.Issues) != 4 || len(broken.Changes) > 0 {
		t.Errorf("care_plan_broken.json: %d issues and %d changes, want 4 and none:\n%v", len(broken.Issues), len(broken.Changes), broken.Issues)
	}
	for _, i := range broken.Issues {
		if i.Path == "" || i.Found == "" || i.Allowed == "" || i.Fix == "" {
			t.Errorf("an issue that does not say how to mend it: %+v", i)
		}
	}
	rows, bad := 0, 0
	for part, err := range mappings.SplitCSV(bytes.NewReader(read(t, "testdata/walk/services_bad.csv")), "csv/service", clinic()) {
		if err != nil || part.Issues != nil {
			t.Fatal(err, part.Issues)
		}
		m := message("csv/service", part.Body)
		m.Origin = fmt.Sprintf("services_bad.csv row %d", part.Row)
		rows++
		out := mapped(t, m, clinic())
		if out.Issues.Errors() {
			bad++
			if !strings.HasPrefix(out.Issues[0].Where, fmt.Sprintf("row %d", part.Row)) {
				t.Errorf("row %d: the issue says %q", part.Row, out.Issues[0].Where)
			}
		}
	}
	if rows != 50 || bad != 3 {
		t.Errorf("%d rows, %d bad; want 50 and 3", rows, bad)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
