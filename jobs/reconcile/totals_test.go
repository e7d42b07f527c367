package reconcile_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/throughline/throughline/internal/population"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/ledger"
)

// totals are what one report says in all, by "verdict matched", "finding no_plan"
// and the like.
type totals map[string]int64

// TestTotalsAddUp counts the rows of the CSV files by hand: summary, manifest,
// workbook and page say the same, and every sum adds up to the rows that came in.
func TestTotalsAddUp(t *testing.T) {
	cfg := population.Default(60)
	cfg.Plans = io.Discard
	src := populate(t, "p", cfg)
	s := openAt(t, filepath.Join(t.TempDir(), "totals.db"))
	defer s.Close()
	for kind, text := range src.tables {
		importTable(t, s, "p", kind, text)
	}
	sum := run(t, s, reconcile.Options{})
	dir := exportExcel(t, s)
	want := counted(t, dir)
	if want["rows"] != sum.RowsOut || sum.RowsIn != sum.RowsOut+sum.Superseded || sum.RowsIn != int64(strings.Count(src.tables["service"], "\n")-1) {
		t.Errorf("%d rows in lines.csv, %d of %d with a verdict, %d older", want["rows"], sum.RowsOut, sum.RowsIn, sum.Superseded)
	}
	if len(want) < 30 {
		t.Errorf("little to add up: %v", want)
	}
	for name, got := range map[string]totals{"summary.json": inSummary(t, dir), "manifest.json": inManifest(t, dir), "night.xlsx": inWorkbook(t, dir), "report.html": inPage(t, dir)} {
		for what, n := range got {
			if want[what] != n {
				t.Errorf("%s says %d %s, the files have %d", name, n, what, want[what])
			}
		}
		for what := range want {
			kind, _, _ := strings.Cut(what, " ")
			_, told := got[what]
			if (kind == "verdict" || kind == "finding") && !told {
				t.Errorf("%s says nothing of %s", name, what)
			}
		}
	}
	if want["matched"] != want["used"] {
		t.Errorf("%d units were given to lines, %d are used of authorizations", want["matched"], want["used"])
	}
}

// counted adds up the CSV files.
func counted(t *testing.T, dir string) totals {
	n := totals{}
	rows := func(file string, f func([]string)) {
		table(t, string(read(t, dir, file)), func(r []string) string { f(r); return "" })
	}
	rows("lines.csv", func(r []string) {
		n["rows"]++
		n["verdict "+r[1]]++
		n["units "+r[1]] += number(r[3])
		n["matched"] += number(r[3])
		for _, flag := range strings.Fields(r[6]) {
			n["flag "+flag]++
		}
	})
	rows("findings.csv", func(r []string) { n["finding "+r[0]]++ })
	rows("authorizations.csv", func(r []string) { n["authorizations"]++; n["used"] += number(r[2]) })
	return n
}

func inSummary(t *testing.T, dir string) totals {
	s := &ledger.Summary{}
	if err := json.Unmarshal(read(t, dir, "summary.json"), s); err != nil {
		t.Fatal(err)
	}
	n := totals{"rows": s.RowsOut, "authorizations": s.Auths.All, "used": s.Auths.Used}
	for v, c := range s.Verdicts {
		n["verdict "+string(v)], n["units "+string(v)] = c.Lines, c.Matched
		n["matched"] += c.Matched
	}
	for k, c := range s.Findings {
		n["finding "+string(k)] = c
	}
	for f, c := range s.Flags {
		n["flag "+f] = c
	}
	for _, group := range []map[string]map[ledger.Verdict]int64{s.Programs, s.Payers} {
		var all int64
		for _, verdicts := range group {
			for _, lines := range verdicts {
				all += lines
			}
		}
		if all != s.RowsOut {
			t.Errorf("programs or payers add up to %d of %d lines", all, s.RowsOut)
		}
	}
	return n
}

// inManifest also checks rows and hash of every file.
func inManifest(t *testing.T, dir string) totals {
	m := &reconcile.Manifest{}
	if err := json.Unmarshal(read(t, dir, "manifest.json"), m); err != nil {
		t.Fatal(err)
	}
	if !m.Balanced || m.RowsIn != m.RowsOut+m.Older {
		t.Errorf("rows: %+v", m)
	}
	for _, f := range m.Files {
		text := read(t, dir, f.Name)
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(text)) != f.Bytes {
			t.Errorf("%s is not what the manifest says", f.Name)
		}
		if strings.HasSuffix(f.Name, ".csv") {
			rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			if err != nil || int64(len(rows)-1) != f.Rows {
				t.Errorf("%s has %d rows, the manifest says %d: %v", f.Name, len(rows)-1, f.Rows, err)
			}
		}
	}
	n := totals{"rows": m.RowsOut}
	for v, c := range m.Verdicts {
		n["verdict "+v] = c
	}
	for k, c := range m.Findings {
		n["finding "+k] = c
	}
	return n
}

// inWorkbook reads the summary's sheet and counts the rows of the others.
func inWorkbook(t *testing.T, dir string) totals {
	f, err := excelize.OpenFile(filepath.Join(dir, "night.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rowsOf := func(sheet string) [][]string {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		return rows[1:]
	}
	n, lines := totals{}, totals{}
	for _, r := range rowsOf("Summary") {
		kind, word, found := strings.Cut(r[0], " ")
		switch {
		case r[0] == "lines with a verdict":
			n["rows"] = number(r[1])
		case r[0] == "used units":
			n["used"] = number(r[1])
		case found && kind == "lines":
			n["verdict "+word] = number(r[1])
		case found && kind == "findings":
			n["finding "+word] = number(r[1])
		}
	}
	for _, r := range rowsOf("Lines") {
		lines["verdict "+r[1]]++
	}
	for _, r := range rowsOf("Findings") {
		lines["finding "+r[0]]++
	}
	for what, c := range lines {
		if n[what] != c {
			t.Errorf("the sheets of the workbook have %d %s, its summary says %d", c, what, n[what])
		}
	}
	n["authorizations"] = int64(len(rowsOf("Authorizations")))
	return n
}

var (
	captions = regexp.MustCompile(`(?s)<caption>([^<]*)</caption>.*?</table>`)
	cells    = regexp.MustCompile(`<tr><th scope="row">(?:<code>)?([^<]*)(?:</code>)?</th><td class="n">([^<]*)</td>(?:<td class="n">([^<]*)</td>)?`)
)

// inPage reads the tables of the page, and adds up those of groups.
func inPage(t *testing.T, dir string) totals {
	n := totals{}
	kinds := map[string]string{"Lines by verdict": "verdict ", "Findings by kind": "finding ", "Delivered lines with a flag": "flag "}
	for _, found := range captions.FindAllSubmatch(read(t, dir, "report.html"), -1) {
		caption := string(found[1])
		var all int64
		for _, c := range cells.FindAllSubmatch(found[0], -1) {
			lines := digits(string(c[2]))
			all += lines
			if kind, ok := kinds[caption]; ok {
				n[kind+string(c[1])] = lines
			}
			if caption == "Lines by verdict" {
				n["units "+string(c[1])] = digits(string(c[3]))
				n["matched"] += digits(string(c[3]))
			}
		}
		if before, there := n["rows"]; strings.HasPrefix(caption, "Lines by") {
			if n["rows"] = all; there && before != all {
				t.Errorf("%q add up to %d, the table before to %d", caption, all, before)
			}
		}
	}
	return n
}

// digits reads a number as people write it.
func digits(text string) int64 {
	n, _ := strconv.ParseInt(regexp.MustCompile(`[^0-9-]`).ReplaceAllString(text, ""), 10, 64)
	return n
}
