package program

import (
	"cmp"
	"slices"
	"strings"
)

// Finding is one rule that one record does not keep.
type Finding struct {
	Pack      string
	Rule      string
	Force     Force
	Violation bool   // required, and the record is not a draft
	Subject   string // record id
	Person    string // whom the record is about, as the facts name the child; empty = staff or the program
	Item      string // the part of the record; empty = the record as a whole
	Reason    string // plain words
	Source    string // title and section of the source
	Says      string // what the source says, in short
}

// breach is a finding before it knows its rule.
type breach struct {
	subject string
	person  string
	item    string
	reason  string
	draft   bool
}

// judge is a kind of rule that facts can answer.
type judge interface {
	judge(r *Rule, f *Facts, asOf Day) []breach
}

// Evaluate judges the facts by every rule of the pack that is set and in force
// on asOf. Findings come in the order of the rules, then of record ids and items; the
// order of the facts changes nothing.
func Evaluate(p *Pack, f *Facts, asOf Day) []Finding {
	if !p.InForce(asOf) {
		return nil
	}
	exempt := p.exempt(asOf)
	var out []Finding
	for i := range p.Rules {
		r := &p.Rules[i]
		if !r.Checked() || !r.InForce(asOf) {
			continue
		}
		facts := f
		if slices.Contains(exempt, r.Kind) {
			facts = f.withoutFamilies()
		}
		out = append(out, findings(p, r, r.Params.(judge).judge(r, facts, asOf))...)
	}
	return out
}

func findings(p *Pack, r *Rule, breaches []breach) []Finding {
	slices.SortFunc(breaches, func(a, b breach) int {
		return cmp.Or(strings.Compare(a.subject, b.subject), strings.Compare(a.item, b.item), strings.Compare(a.reason, b.reason), strings.Compare(a.person, b.person))
	})
	out := make([]Finding, 0, len(breaches))
	for _, b := range breaches {
		out = append(out, Finding{
			Pack: p.ID, Rule: r.ID, Force: r.Force, Violation: r.Force == Required && !b.draft,
			Subject: b.subject, Person: b.person, Item: b.item, Reason: b.reason, Source: p.Cite(r), Says: r.Source.Says,
		})
	}
	return out
}

// exempt lists the kinds of rule that do not bind a family coordinating for itself.
func (p *Pack) exempt(asOf Day) []Kind {
	var out []Kind
	for i := range p.Rules {
		r := &p.Rules[i]
		if free, ok := r.Params.(*FamilyCoordinator); ok && r.Unset == "" && r.InForce(asOf) {
			out = append(out, free.Exempt...)
		}
	}
	return out
}

// withoutFamilies leaves out coordinators who are family, and plans they run.
func (f *Facts) withoutFamilies() *Facts {
	rest := *f
	rest.Coordinators = slices.DeleteFunc(slices.Clone(f.Coordinators), func(c Coordinator) bool { return c.Family })
	rest.Staff = slices.DeleteFunc(slices.Clone(f.Staff), func(s Staff) bool { return s.Family })
	rest.Plans = slices.DeleteFunc(slices.Clone(f.Plans), func(p Plan) bool { return p.CoordinatorFamily })
	return &rest
}
