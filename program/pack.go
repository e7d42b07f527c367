package program

import "slices"

// Pack is the rules of one program as of their source.
type Pack struct {
	ID            string
	Title         string
	Subject       string // whom the program serves: "child", or "person" where it sets no age
	Source        Source
	EffectiveFrom Day
	EffectiveTo   Day    // inclusive; zero = open
	Superseded    string // what the source says about its own end when it gives no date
	Thresholds    *Thresholds
	Due           Due
	Rules         []Rule
}

// Source is the document a pack was made from.
type Source struct {
	Document string // file among the seeds
	Title    string
	Section  string
	AsOf     string // YYYY, YYYY-MM or YYYY-MM-DD as far as the source dates itself; empty = undated
}

// Thresholds of the authorization flags, where a program sets its own.
type Thresholds struct {
	UnderUsedBP    int64 // burn rate in basis points
	MinElapsedDays int64
	ExpiringDays   int64
	GapDays        int64 // days without a service after which there is a gap; 0 = not watched
}

// Force says what breaking a rule means.
type Force string

// Only a broken Required rule is a violation; good practice and "should" are
// Recommended, "may" is Permitted.
const (
	Required    Force = "required"
	Recommended Force = "recommended"
	Permitted   Force = "permitted"
)

// Rule is one sentence of a source that can be kept or broken.
type Rule struct {
	ID            string
	Title         string // in plain words
	Source        Citation
	Force         Force
	Kind          Kind
	Params        Params // nil when the rule is unset
	Unset         string // why there is nothing to check; empty = set
	Applies       Applies
	DueDays       int64 // within which it is to be mended when broken; 0 = as its force, see Pack.Due
	EffectiveFrom Day
	EffectiveTo   Day // inclusive; zero = open
}

// Citation is where a rule comes from and what it says, in short.
type Citation struct {
	Section string
	Says    string
}

// Applies narrows a rule to records that state one of the circumstances;
// empty = every record.
type Applies struct {
	When []string
}

// to says whether a record with these circumstances falls under the rule.
func (a Applies) to(circumstances []string) bool {
	return len(a.When) == 0 || slices.ContainsFunc(a.When, func(w string) bool { return slices.Contains(circumstances, w) })
}

// Checked says whether Evaluate judges the rule: it is set, of a kind that
// facts can answer, and can be broken. A permission cannot, but what it permits
// within limits can overstep them: a finding, never a violation. The others are
// carried for people.
func (r *Rule) Checked() bool {
	_, ok := r.Params.(judge)
	_, limited := r.Params.(interface{ bounded() })
	return ok && r.Unset == "" && (r.Force != Permitted || limited)
}

// InForce says whether the rule counts on the day.
func (r *Rule) InForce(d Day) bool { return holds(r.EffectiveFrom, r.EffectiveTo, d) }

// InForce says whether the pack counts on the day.
func (p *Pack) InForce(d Day) bool { return holds(p.EffectiveFrom, p.EffectiveTo, d) }

// Rule finds a rule by id, nil when there is none.
func (p *Pack) Rule(id string) *Rule {
	i := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return &p.Rules[i]
}

// Cite names document and section of a rule.
func (p *Pack) Cite(r *Rule) string { return p.Source.Title + ", " + r.Source.Section }

func holds(from, to, d Day) bool { return from <= d && (to == 0 || d <= to) }
