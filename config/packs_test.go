package config

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/program"
)

// pack loads one of the built-in packs.
func pack(t *testing.T, id string) *program.Pack {
	t.Helper()
	body, err := builtin.ReadFile("programs/" + id + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, problems := LoadPack("programs/"+id+".yaml", body)
	if len(problems) > 0 {
		t.Fatalf("problems:\n%v", problems)
	}
	return p
}

// TestPacks lists every rule of every pack with its force, kind and citation:
// the golden files are the table to read against the sources. A rule marked *
// is judged by Evaluate, one marked - is unset.
func TestPacks(t *testing.T) {
	want := []string{"il-icg", "il-part-125", "individual-service-coordination", "ny-hcbs-waiver", "wraparound"}
	if diff := cmp.Diff(want, Programs()); diff != "" {
		t.Fatal(diff)
	}
	for _, id := range Programs() {
		var b strings.Builder
		p := pack(t, id)
		fmt.Fprintf(&b, "%s | %s | as of %q | from %q to %q\n", p.ID, p.Source.Title, p.Source.AsOf, p.EffectiveFrom, p.EffectiveTo)
		for i := range p.Rules {
			r := &p.Rules[i]
			mark := " "
			if r.Checked() {
				mark = "*"
			}
			if r.Unset != "" {
				mark = "-"
			}
			fmt.Fprintf(&b, "%s %-32s %-11s %-18s %s\n", mark, r.ID, r.Force, r.Kind, r.Source.Section)
		}
		golden(t, id+".golden", b.String())
	}
}

// TestLostLists counts the lists that the sources lost: they stay unset.
func TestLostLists(t *testing.T) {
	unset := map[string]int{}
	for _, id := range Programs() {
		p := pack(t, id)
		for _, r := range p.Rules {
			if strings.HasPrefix(r.Unset, "list missing in source") {
				unset[id]++
			}
		}
	}
	want := map[string]int{"ny-hcbs-waiver": 4, "individual-service-coordination": 3, "wraparound": 1}
	if diff := cmp.Diff(want, unset); diff != "" {
		t.Error(diff)
	}
}

// TestPackProblems reports everything that is wrong with a pack, in one go.
func TestPackProblems(t *testing.T) {
	body, err := os.ReadFile("testdata/bad-pack.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, problems := LoadPack("testdata/bad-pack.yaml", body)
	if p != nil {
		t.Error("got a pack in spite of the problems")
	}
	golden(t, "bad-pack.golden", problems.Error()+"\n")
}

// TestOwnPack puts an operator's pack before the built-in one, with its own
// thresholds.
func TestOwnPack(t *testing.T) {
	dir := t.TempDir()
	text := "id: wraparound\ntitle: Our own\nsubject: child\nsource: {document: ours, title: Ours}\nthresholds: {under_used_bp: 5000, min_elapsed_days: 14, expiring_days: 60}\nrules: []\n"
	if err := os.WriteFile(dir+"/wraparound.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := load(t, Input{Paths: []string{write(t, "c.yaml", "programs: {packs: [wraparound, il-icg], directories: ["+dir+"]}\n")}})
	if c.Pack("wraparound").Title != "Our own" || c.Pack("il-icg") == nil || c.Pack("il-part-125") != nil {
		t.Errorf("got %v", c.Packs)
	}
	if got := c.Rules.Programs["wraparound"].ExpiringDays; got != 60 {
		t.Errorf("expiring days %d", got)
	}
	if _, problems := Load(Input{Paths: []string{write(t, "c.yaml", "programs: {packs: [../wraparound]}\n")}}); problems.Err() == nil {
		t.Error("a path is taken for a program")
	}
}
