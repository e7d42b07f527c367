package compliance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
)

// judge is one run at work.
type judge struct {
	Deps
	asOf    program.Day
	o       Options
	packs   []*program.Pack
	rules   map[ruleKey]*RuleCount
	load    map[string]*load // by program
	decided map[string]*decisions
	sum     *Summary
}

type ruleKey struct{ program, rule string }

func newJudge(d Deps, asOf ledger.Day, o Options) (*judge, error) {
	j := &judge{Deps: d, asOf: program.Day(asOf), o: o, rules: map[ruleKey]*RuleCount{}, load: map[string]*load{}, decided: map[string]*decisions{},
		sum: &Summary{AsOf: asOf.String(), Known: o.Known}}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %d", asOf, o.Known)
	for _, p := range d.Packs {
		if o.Program != "" && p.ID != o.Program || !p.InForce(j.asOf) {
			continue
		}
		j.packs = append(j.packs, p)
		j.load[p.ID], j.decided[p.ID] = newLoad(), &decisions{DecisionCount: gateway.DecisionCount{Program: p.ID}}
		for i := range p.Rules {
			r := &p.Rules[i]
			fmt.Fprintf(sum, " %s/%s/%s/%v", p.ID, r.ID, r.Force, r.Params)
			j.rules[ruleKey{p.ID, r.ID}] = &RuleCount{Program: p.ID, Rule: r.ID, Force: string(r.Force), State: stateOf(r), Source: p.Cite(r)}
		}
	}
	if len(j.packs) == 0 {
		return nil, fmt.Errorf("compliance: no pack of rules is in force on %s", asOf)
	}
	j.sum.Run = hex.EncodeToString(sum.Sum(nil)[:8])
	return j, nil
}

// all judges every child, then the workers and the programs as a whole.
func (j *judge) all(ctx context.Context, found func(*gateway.Found) error) error {
	for bucket := range Buckets {
		if err := j.bucket(ctx, bucket, found); err != nil {
			return err
		}
		if j.o.Progress != nil {
			j.o.Progress(bucket+1, j.sum.Children)
		}
	}
	staff, err := j.staff(ctx)
	if err != nil {
		return err
	}
	night, err := j.Nights.LastRun(ctx)
	if err != nil && gateway.FaultOf(err).Code != gateway.NotFound {
		return err
	}
	return j.workers(staff, night, found)
}

// child judges the records of one child. What is about the program as a whole
// comes later.
func (j *judge) child(person string, from source, found func(*gateway.Found) error) error {
	c, err := readChild(person, from, j.asOf)
	if err != nil {
		return err
	}
	for _, p := range j.packs {
		j.decided[p.ID].add(c) // whoever was denied need not be in the program
		if !c.in(p.ID) {
			continue
		}
		facts := c.facts(p.ID)
		j.load[p.ID].add(facts)
		if err := j.evaluate(p, facts, func(f *program.Finding) bool { return f.Person != "" }, found); err != nil {
			return err
		}
	}
	return nil
}

func (j *judge) workers(staff []staffer, night *ledger.Run, found func(*gateway.Found) error) error {
	j.sum.Workers, j.sum.Records = int64(len(staff)), j.sum.Records+int64(len(staff))
	if j.o.Program == "" {
		j.unassigned(staff)
	}
	for _, p := range j.packs {
		facts := j.load[p.ID].facts(p.ID, staff, j.asOf)
		if night != nil && night.Published {
			on := program.Day(night.AsOf)
			facts.Watches = []program.Dated{{Code: "authorization", On: on}, {Code: "utilization", On: on}}
		}
		if err := j.evaluate(p, facts, func(f *program.Finding) bool { return f.Person == "" }, found); err != nil {
			return err
		}
	}
	return nil
}

func (j *judge) evaluate(p *program.Pack, facts *program.Facts, mine func(*program.Finding) bool, found func(*gateway.Found) error) error {
	for _, f := range program.Evaluate(p, facts, j.asOf) {
		if !mine(&f) {
			continue
		}
		partner, record, sent := strings.Cut(f.Subject, "/")
		if !sent {
			partner, record = "", f.Subject
		}
		rule := p.Rule(f.Rule)
		kind := rule.Kind
		err := found(&gateway.Found{Origin: gateway.FromRules, Rule: f.Rule, Kind: string(kind), Program: p.ID, Person: f.Person, Partner: gateway.PartnerID(partner), Record: record,
			Item: f.Item, Force: string(f.Force), Violation: f.Violation, Owner: ownerOf(string(kind)), Reason: f.Reason, Cites: f.Source, DueDays: p.DueDays(rule)})
		if err != nil {
			return err
		}
	}
	return nil
}
