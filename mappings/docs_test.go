package mappings_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

const docs = "../docs/mappings"

// TestDocs keeps docs/mappings true: the tables are made from the code.
func TestDocs(t *testing.T) {
	pages := map[string]string{"codes.md": codesPage(), "hl7v2.md": hl7Page()}
	for _, name := range record.Names {
		pages[name+".md"] = recordPage(name)
	}
	for file, want := range pages {
		path := filepath.Join(docs, file)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(string(read(t, path)), want); diff != "" {
			t.Errorf("%s is not what the code says; run with -update:\n%s", file, diff)
		}
	}
}

func recordPage(name string) string {
	var b bytes.Buffer
	s := record.SchemaOf(name)
	fmt.Fprintf(&b, "# %s\n\nMade from the code by `go test ./mappings -run Docs -update`; do not edit. ", strings.ReplaceAll(name, "_", " "))
	fmt.Fprintf(&b, "Kinds: `json/%s`, `csv/%s`. Code tables: [codes.md](codes.md). Our own extensions: [README.md](README.md).\n\n", name, name)
	b.WriteString("Needed: *yes* = the record is refused without it; *column* = the CSV column must be there, its cells may be empty.\n\n")
	b.WriteString("| JSON path | CSV column | Needed | Allowed | FHIR element | Loss |\n|---|---|---|---|---|---|\n")
	fieldRows(&b, s, "", true)
	fmt.Fprintf(&b, "\n## Example (JSON)\n\n```json\n%s```\n\n## The same as CSV\n\n```csv\n%s```\n", mappings.Example(gateway.Kind(name)), mappings.Template(gateway.Kind(name)))
	return b.String()
}

func fieldRows(b *bytes.Buffer, s *record.Schema, path string, table bool) {
	for _, f := range s.Fields {
		inTable := table && f.CSV != "-"
		needed := ""
		switch {
		case f.Need:
			needed = "yes"
		case f.InHeader:
			needed = "column"
		}
		column := ""
		if inTable && f.Elem == nil {
			column = "`" + f.Column + "`"
		}
		row := []string{"`" + path + f.Name + suffix(f) + "`", column, needed, allowed(f), f.FHIR, f.Loss}
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		if f.Elem != nil {
			fieldRows(b, f.Elem, path+f.Name+suffix(f)+".", inTable)
		}
	}
}

func suffix(f *record.Field) string {
	if f.Shape == record.Many {
		return "[]"
	}
	return ""
}

func allowed(f *record.Field) string {
	switch {
	case f.Table != nil && f.Open:
		return fmt.Sprintf("text; known: [%s](codes.md#%s)", f.Table.Name, f.Table.Name)
	case f.Table != nil:
		return fmt.Sprintf("[%s](codes.md#%s)", f.Table.Name, f.Table.Name)
	}
	return f.Shape.Says()
}

func codesPage() string {
	var b bytes.Buffer
	b.WriteString("# Code tables\n\nMade from the code by `go test ./mappings -run Docs -update`; do not edit. Case does not matter; other spellings are read as the code. A partner's own codes are mapped to these by its format in the configuration.\n")
	for _, name := range codes.Names() {
		t := codes.Get(name)
		fmt.Fprintf(&b, "\n## %s\n\nSource: %s\n\n| Code | Meaning | Also read | In FHIR |\n|---|---|---|---|\n", t.Name, t.Source)
		for _, c := range t.Codes {
			fmt.Fprintf(&b, "| `%s` | %s | %s | `%s` `%s` |\n", c.Code, c.Display, strings.Join(c.Also, ", "), t.SystemOf(c), c.InFHIR())
		}
	}
	b.WriteString("\n## Services we can name\n\nHCPCS codes of `standards.md` section 2. Any other code is taken as sent.\n\n| Code | Service | Unit |\n|---|---|---|\n")
	for _, s := range codes.Services {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Code, s.Display, s.Unit)
	}
	return b.String()
}
