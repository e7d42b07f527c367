package adaptertest

import (
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// page says for people which case applies to which wire. Tests run in the folder
// of their package, two below the root.
const page = "../../docs/partners/conformance.md"

// documented holds the page against a suite: below the heading each case is a
// row and each wire a column, "yes" where it applies; where it does not, "no",
// and the reason stands in the list behind the table.
func documented(t *testing.T, heading, wire string, cases iter.Seq[string], without map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(page))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	column, rows := -1, map[string][]string{}
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := cellsOf(line)
		for i, c := range cells {
			if c == wire && rows["Case"] == nil {
				column = i
			}
		}
		rows[cells[0]] = cells
	}
	if column < 1 {
		t.Errorf("%s: no column %q below %q", page, wire, heading)
		return
	}
	for name := range cases {
		want, why := "yes", without[name]
		if why != "" {
			want = "no"
		}
		if cells := rows[name]; column >= len(cells) || cells[column] != want {
			t.Errorf("%s: %s, %s: want the cell %q in %q", page, heading, wire, want, cells)
		}
		if why != "" && !strings.Contains(section, "- "+wire+", "+name+": "+why+"\n") {
			t.Errorf("%s: below %s there is no line %q", page, heading, "- "+wire+", "+name+": "+why)
		}
	}
}

func cellsOf(line string) []string {
	cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	for i, c := range cells {
		cells[i] = strings.TrimSpace(c)
	}
	return cells
}
