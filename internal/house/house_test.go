// Package house keeps the rooms apart: it reads the imports of every package
// and fails on an arrow that goes up or sideways.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/throughline/throughline/"

// level is the floor of each top-level room; a package imports its own room and
// lower floors only. Edges (3) never import each other.
var level = map[string]int{
	"cmd": 5, "demo": 4, "bench": 4,
	"adapters": 3, "store": 3, "jobs": 3, "api": 3, "config": 3,
	"gateway": 2, "mappings": 2, "ledger": 2, "program": 2,
	"fhir": 1, "internal": 1,
}

// core says which core rooms may import which: mappings -> gateway, ledger;
// gateway -> ledger; ledger and program import nothing of ours.
var core = map[string][]string{
	"gateway": {"ledger", "fhir"}, "mappings": {"gateway", "ledger", "fhir", "internal"}, "ledger": {}, "program": {},
}

// walls are modules that one room alone may import.
var walls = map[string][]string{
	"github.com/gin-gonic/gin":   {"api"},
	"github.com/redis/go-redis":  {"store"},
	"github.com/google/fhir/go":  {"fhir"},
	"github.com/jackc/pgx":       {"store", "bench"}, // bench asks the bare database
	"modernc.org/sqlite":         {"store"},
	"github.com/robfig/cron":     {"jobs", "config"},
	"github.com/spf13/cobra":     {"cmd"},
	"github.com/goccy/go-yaml":   {"config"},
	"github.com/golang/protobuf": {"fhir"},
	"google.golang.org/protobuf": {"fhir"},
	"google.golang.org/grpc":     {},
	"github.com/pkg/sftp":        {"adapters"},
	"github.com/xuri/excelize":   {"mappings", "jobs"},
	"cel.dev/cel-go":             {"program"},
	"golang.org/x/crypto/ssh":    {"adapters"},
	"github.com/google/go-cmp":   {},
	"pgregory.net/rapid":         {},
}

func TestRoomsKeepApart(t *testing.T) {
	for file, imports := range imports(t, false) {
		room := room(file)
		for _, path := range imports {
			if why := forbidden(room, file, path); why != "" {
				t.Errorf("%s imports %s: %s", file, path, why)
			}
		}
	}
}

func forbidden(from, file, path string) string {
	for wall, rooms := range walls {
		if (path == wall || strings.HasPrefix(path, wall+"/")) && !slices.Contains(rooms, from) && !strings.Contains(file, "test/") {
			return "only " + strings.Join(rooms, ", ") + " may"
		}
	}
	inner, ours := strings.CutPrefix(path, module)
	if !ours {
		return ""
	}
	to := room(inner)
	if allowed, ok := core[from]; ok && to != from && !slices.Contains(allowed, to) && (from != "program" || to != "internal") {
		return "the core room " + from + " may import only " + strings.Join(allowed, ", ")
	}
	switch {
	case from == to && from != "adapters":
		return ""
	case from == to:
		return sideways(file, inner)
	case level[from] < level[to]:
		return "an arrow upwards"
	case level[from] == 3 && level[to] == 3 && !strings.Contains(file, "test/"):
		return "an edge never imports an edge"
	}
	return ""
}

// sideways keeps one adapter from importing its sibling.
func sideways(file, path string) string {
	mine, theirs := second(file), second(path)
	if mine == theirs || theirs == "guard" || strings.HasSuffix(mine, "test") {
		return ""
	}
	return "sibling adapters never import each other"
}

func second(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

func room(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// imports lists what every file imports.
func imports(t *testing.T, tests bool) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	each(t, tests, parser.ImportsOnly, func(file string, f *ast.File, _ *token.FileSet) {
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			out[file] = append(out[file], path)
		}
	})
	return out
}

func each(t *testing.T, tests bool, mode parser.Mode, f func(string, *ast.File, *token.FileSet)) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "tools"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || !tests && strings.HasSuffix(path, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, filepath.Join(root, path), nil, mode)
		if err != nil {
			return err
		}
		f(path, parsed, set)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFunctionsAreShort holds the style: no function over 80 lines, 90 % of them
// at most 45.
func TestFunctionsAreShort(t *testing.T) {
	var lines []int
	each(t, false, parser.SkipObjectResolution, func(file string, f *ast.File, set *token.FileSet) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := set.Position(fn.End()).Line - set.Position(fn.Pos()).Line + 1
			if lines = append(lines, n); n > 80 {
				t.Errorf("%s: %s has %d lines; at most 80", file, fn.Name.Name, n)
			}
		}
	})
	slices.Sort(lines)
	if p90 := lines[len(lines)*9/10]; p90 > 45 {
		t.Errorf("9 of 10 functions have at most %d lines; want 45", p90)
	}
	t.Logf("%d functions, median %d lines, p90 %d, longest %d", len(lines), lines[len(lines)/2], lines[len(lines)*9/10], lines[len(lines)-1])
}

// TestFilesAreShort holds the style: one idea a file, at most 400 lines.
func TestFilesAreShort(t *testing.T) {
	each(t, false, parser.ParseComments, func(file string, f *ast.File, set *token.FileSet) {
		if n := set.File(f.FileStart).LineCount(); n > 401 { // the last ends with a line break
			t.Errorf("%s has %d lines; at most 400", file, n-1)
		}
	})
}

// TestNames keeps rooms from being called by what says nothing.
func TestNames(t *testing.T) {
	empty := []string{"util", "utils", "common", "model", "models", "service", "services", "manager", "helper", "helpers", "misc"}
	each(t, true, parser.PackageClauseOnly, func(file string, f *ast.File, _ *token.FileSet) {
		if slices.Contains(empty, f.Name.Name) {
			t.Errorf("%s: package %s says nothing", file, f.Name.Name)
		}
	})
}
