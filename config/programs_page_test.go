package config

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/throughline/throughline/program"
)

const programsPage = "../docs/programs.md"

const programsIntro = `# The rules of the programs

This page is made from the packs in ` + "`config/programs`" + ` (` + "`go test ./config -run TestProgramsPage -update`" + `): change a pack, not the page.

` + "`throughline compliance run`" + ` judges the records of every child and worker by the packs in force. Only a broken **required** rule is a
violation; **recommended** is good practice, **permitted** can be left out. A rule that its source leaves open is unset, and nothing is
checked: a site that knows the number puts it into a pack of its own (` + "`programs.directories`" + `). Drafts are judged and violate nothing.
Minutes that consent or a no-contact order keeps back are a stated exception: the meeting or the team says so, or a FHIR Consent in force denies
them to the member (its exceptions, period, class, label and purpose count; drafts, rejected, withdrawn and expired ones do not). A finding is
due so many days after it was seen first, or after its waiver has ended, as ` + "`due`" + ` of the pack says by force, or ` + "`due_days`" + ` of the rule: the
sources set no time for mending, the numbers are ours and a site's to change. Each rule has facts that keep it and facts that break it,
and this one only, in ` + "`config/testdata/rules`" + `; what a pack quotes is looked up in its source, in the section that it names.

A child is judged by the programs that it is enrolled in, that a team of its works for, that it applies to or is placed by. The rules read
records as they were sent and what stands in FHIR, whatever wire brought it; of two words on one record the newer counts
([ADR 18](adr/0018-rules-read-what-stands.md)). Staff that name no program, as directories of other systems do not, are judged by the programs
whose children they coordinate; who is left is named at the end of the run.

No rule of the five packs needs one, but where no kind says what a site wants, an expression of the Common Expression Language does
(` + "`kind: expr`" + `). It is held against every record of one kind, by the names that facts have in ` + "`config/testdata/rules`" + `; a wrong name or type is
found by ` + "`throughline config check`" + ` at its line:

` + "```yaml" + `
kind: expr
params:
  of: plan # or appeal, budget, coordinator, enrollment, meeting, packet, referral, staff, stay, supervisor, wait
  holds: plan.next_review - plan.last_review <= 90 || plan.next_review < day("2026-07-01")
  reason: the next review is more than 90 days after the last
` + "```" + `
`

// TestProgramsPage holds docs/programs.md against the packs.
func TestProgramsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(programsIntro)
	for _, id := range Programs() {
		p := pack(t, id)
		fmt.Fprintf(&b, "\n## %s (`%s`)\n\nSource: %s, %s%s.\n", p.Title, p.ID, p.Source.Title, p.Source.Section, dateOf(p))
		if p.Superseded != "" {
			fmt.Fprintf(&b, "%s\n", p.Superseded)
		}
		fmt.Fprintf(&b, "%s\n", dueOf(p))
		b.WriteString("\n| Rule | Force | Section | In words | Checked by |\n|---|---|---|---|---|\n")
		for i := range p.Rules {
			r := &p.Rules[i]
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.ID, r.Force, r.Source.Section, r.Title, checkedBy(r))
		}
	}
	if *update {
		if err := os.WriteFile(programsPage, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(programsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Error("docs/programs.md does not say what the packs say: run with -update")
	}
}

func dateOf(p *program.Pack) string {
	if p.Source.AsOf == "" {
		return "; the source carries no date"
	}
	return ", as of " + p.Source.AsOf
}

// dueOf says until when findings are to be mended.
func dueOf(p *program.Pack) string {
	var words []string
	for _, d := range []struct {
		days int64
		of   string
	}{{p.Due.Required, "required rules"}, {p.Due.Recommended, "recommended ones"}, {p.Due.Permitted, "permitted ones"}, {p.Due.Night, "the night"}} {
		if d.days > 0 {
			words = append(words, fmt.Sprintf("of %s within %d days", d.of, d.days))
		}
	}
	if len(words) == 0 {
		return "Findings have no due date."
	}
	return "Findings are due: " + strings.Join(words, ", ") + "."
}

func checkedBy(r *program.Rule) string {
	switch {
	case r.Unset != "":
		return "unset: " + r.Unset
	case r.Checked():
		return r.Kind.Reads()
	case r.Force == program.Permitted:
		return "nothing: it may be left out"
	}
	return "people"
}

// TestKindsSayWhatTheyRead names the records behind every judged rule.
func TestKindsSayWhatTheyRead(t *testing.T) {
	for _, id := range Programs() {
		p := pack(t, id)
		for i := range p.Rules {
			if r := &p.Rules[i]; r.Checked() && r.Kind.Reads() == "" {
				t.Errorf("%s/%s: which record answers for a %s?", id, r.ID, r.Kind)
			}
		}
	}
}
