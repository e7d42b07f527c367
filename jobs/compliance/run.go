package compliance

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
)

// Records are the records behind the rules.
type Records interface {
	Known(ctx context.Context) (int64, error)
	StreamRecords(ctx context.Context, lo, hi int, known int64, f func(person string, records []gateway.StoredRecord) error) error
	StreamEnrolled(ctx context.Context, lo, hi int, known int64, f func(person string, span ledger.Span) error) error
	StreamDecisions(ctx context.Context, lo, hi int, known int64, f func(person string, a ledger.Auth) error) error
	StaffRecords(ctx context.Context, known int64) ([]gateway.StoredRecord, error)
	Resources
}

// Resources are what stands in FHIR behind the records of children and staff that
// were not sent as records.
type Resources interface {
	StreamResources(ctx context.Context, bucket int, known int64, f func(person string, rs []gateway.StoredResource) error) error
	StaffResources(ctx context.Context, known int64) ([]gateway.StoredResource, error)
	NamedResources(ctx context.Context, refs []string, known int64) ([]gateway.StoredResource, error)
}

// Nights are the runs of the reconciliation.
type Nights interface {
	LastRun(ctx context.Context) (*ledger.Run, error)
	EachFinding(ctx context.Context, run *ledger.Run, f func(*ledger.FindingRow) error) error
}

// Findings keep what is found; one process at a time follows an origin.
type Findings interface {
	FollowFindings(ctx context.Context, run gateway.FindingRun, each func(see func(*gateway.Found) error) error) (*gateway.FindingTally, error)
	FindingPeriods(ctx context.Context, program string, from, to ledger.Day) ([]gateway.FindingPeriod, error)
	Findings(ctx context.Context, c *gateway.Caller, filter gateway.FindingFilter, p gateway.Paging) ([]*gateway.Finding, string, error)
}

// Deps are what the job works with; the store is all three.
type Deps struct {
	Records  Records
	Nights   Nights
	Findings Findings
	Packs    []*program.Pack
	Month    func(ctx context.Context, m *gateway.FindingMonth) error // takes the totals of a program's month; nil = nobody wants them
}

// Options of one run.
type Options struct {
	Program string // one pack only; empty = all in force
	Known   int64  // watermark; 0 = everything committed now
	DryRun  bool   // judge and count, keep nothing
	Each    func(*gateway.Found) error

	Progress func(bucketsDone int, children int64) // may be nil
}

// Summary is what a run has judged and found.
type Summary struct {
	Run        string                `json:"run_id"`
	AsOf       string                `json:"as_of"`
	Known      int64                 `json:"known"`
	Children   int64                 `json:"children"`
	Workers    int64                 `json:"workers"`
	Unassigned []string              `json:"unassigned,omitempty"` // workers who name no program and coordinate nobody, "partner/id"; not told when one program only is judged
	Records    int64                 `json:"records"`
	Found      int64                 `json:"found"`
	Violations int64                 `json:"violations"`
	Rules      []RuleCount           `json:"rules"`
	Decisions  []DecisionCount       `json:"decisions"`         // by program
	Changed    *gateway.FindingTally `json:"changed,omitempty"` // nil on a dry run
	Night      *gateway.FindingTally `json:"night,omitempty"`   // nil when no night has run
}

// RuleCount is one rule of a pack in force.
type RuleCount struct {
	Program string `json:"program"`
	Rule    string `json:"rule"`
	Force   string `json:"force"`
	State   string `json:"state"` // judged; unset or permitted: not judged
	Found   int64  `json:"found"`
	Source  string `json:"source"`
}

// Buckets is the number of member buckets of a store.
const Buckets = 256

// Run judges everything as of a date. The same records, packs and date give the
// same findings; followed twice they change nothing.
func Run(ctx context.Context, d Deps, asOf ledger.Day, o Options) (*Summary, error) {
	if o.Known == 0 {
		var err error
		if o.Known, err = d.Records.Known(ctx); err != nil {
			return nil, fmt.Errorf("compliance: %w", err)
		}
	}
	j, err := newJudge(d, asOf, o)
	if err != nil {
		return nil, err
	}
	if o.DryRun {
		err := j.all(ctx, j.count)
		return j.finish(), err
	}
	run := gateway.FindingRun{Origin: gateway.FromRules, ID: j.sum.Run, AsOf: asOf, Program: o.Program}
	j.sum.Changed, err = d.Findings.FollowFindings(ctx, run, func(see func(*gateway.Found) error) error {
		return j.all(ctx, func(f *gateway.Found) error {
			if err := j.count(f); err != nil {
				return err
			}
			return see(f)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("compliance: %w", err)
	}
	if o.Program == "" {
		j.sum.Night, err = followNight(ctx, d)
	}
	if err == nil && d.Month != nil {
		err = j.tellMonths(ctx, asOf)
	}
	return j.finish(), err
}

// tellMonths gives out how the findings of each program stand in the month of
// the run.
func (j *judge) tellMonths(ctx context.Context, asOf ledger.Day) error {
	at := asOf.Time()
	first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, p := range j.packs {
		month := &gateway.FindingMonth{Program: p.ID, AsOf: asOf, From: ledger.DayOf(first), To: ledger.DayOf(first.AddDate(0, 1, -1))}
		var err error
		if month.Totals, err = j.Findings.FindingPeriods(ctx, p.ID, month.From, asOf); err == nil {
			err = j.Month(ctx, month)
		}
		if err != nil {
			return fmt.Errorf("compliance: %w", err)
		}
	}
	return nil
}

// judge is one run at work.
type judge struct {
	Deps
	asOf    program.Day
	o       Options
	packs   []*program.Pack
	rules   map[ruleKey]*RuleCount
	load    map[string]*load // by program
	decided map[string]*DecisionCount
	sum     *Summary
}

type ruleKey struct{ program, rule string }

func newJudge(d Deps, asOf ledger.Day, o Options) (*judge, error) {
	j := &judge{Deps: d, asOf: program.Day(asOf), o: o, rules: map[ruleKey]*RuleCount{}, load: map[string]*load{}, decided: map[string]*DecisionCount{},
		sum: &Summary{AsOf: asOf.String(), Known: o.Known}}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %d", asOf, o.Known)
	for _, p := range d.Packs {
		if o.Program != "" && p.ID != o.Program || !p.InForce(j.asOf) {
			continue
		}
		j.packs = append(j.packs, p)
		j.load[p.ID], j.decided[p.ID] = newLoad(), &DecisionCount{Program: p.ID}
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

// staff are the workers, as records or resources say them.
func (j *judge) staff(ctx context.Context) ([]staffer, error) {
	records, err := j.Records.StaffRecords(ctx, j.o.Known)
	if err != nil {
		return nil, err
	}
	resources, err := j.Records.StaffResources(ctx, j.o.Known)
	if err != nil {
		return nil, err
	}
	nodes, err := linked(resources)
	if err != nil {
		return nil, err
	}
	return readStaff(records, nodes)
}

// bucket judges the children of one bucket: those with records, and those of whom
// only resources or spans are known.
func (j *judge) bucket(ctx context.Context, bucket int, found func(*gateway.Found) error) error {
	others, err := j.others(ctx, bucket)
	if err != nil {
		return err
	}
	judged := func(person string, records []gateway.StoredRecord) error {
		from := others[person]
		delete(others, person)
		from.records = records
		if len(records)+len(from.resources)+len(from.spans) > 0 {
			j.sum.Children++
		}
		j.sum.Records += int64(len(records) + len(from.resources))
		return j.child(person, from, found)
	}
	if err := j.Records.StreamRecords(ctx, bucket, bucket, j.o.Known, judged); err != nil {
		return err
	}
	for _, person := range slices.Sorted(maps.Keys(others)) {
		if err := judged(person, nil); err != nil {
			return err
		}
	}
	return nil
}

// others is what is known of the children of a bucket beside their records.
func (j *judge) others(ctx context.Context, bucket int) (map[string]source, error) {
	out := map[string]source{}
	err := j.Records.StreamEnrolled(ctx, bucket, bucket, j.o.Known, func(person string, span ledger.Span) error {
		if span.Start <= ledger.Day(j.asOf) && ledger.Day(j.asOf) <= span.End {
			from := out[person]
			from.spans = append(from.spans, span)
			out[person] = from
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = j.Records.StreamDecisions(ctx, bucket, bucket, j.o.Known, func(person string, a ledger.Auth) error {
		from := out[person]
		from.decisions = append(from.decisions, a)
		out[person] = from
		return nil
	})
	if err != nil {
		return nil, err
	}
	var private []*privacy
	err = j.Records.StreamResources(ctx, bucket, j.o.Known, func(person string, rs []gateway.StoredResource) error {
		nodes, err := linked(rs)
		if err != nil {
			return err
		}
		from := out[person]
		from.resources, from.privacy = readWritten(nodes), readPrivacy(nodes, j.asOf)
		if from.privacy != nil {
			private = append(private, from.privacy)
		}
		if len(from.resources) > 0 || from.privacy != nil {
			out[person] = from
		}
		return nil
	})
	if err == nil && len(private) > 0 {
		err = j.introduce(ctx, private)
	}
	return out, err
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

// unassigned are those at work of whom nobody says in which program.
func (j *judge) unassigned(staff []staffer) {
	for i := range staff {
		s := &staff[i]
		named := len(s.record.Programs) > 0 || slices.ContainsFunc(j.packs, func(p *program.Pack) bool { return j.load[p.ID].works(s, p.ID, j.asOf) })
		if s.atWork(j.asOf) && !named {
			j.sum.Unassigned = append(j.sum.Unassigned, key(s.partner, s.record.StaffID))
		}
	}
	slices.Sort(j.sum.Unassigned)
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

func (j *judge) count(f *gateway.Found) error {
	j.sum.Found++
	if f.Violation {
		j.sum.Violations++
	}
	j.rules[ruleKey{f.Program, f.Rule}].Found++
	if j.o.Each == nil {
		return nil
	}
	return j.o.Each(f)
}

func (j *judge) finish() *Summary {
	for _, p := range j.packs {
		j.sum.Decisions = append(j.sum.Decisions, *j.decided[p.ID])
	}
	for _, r := range j.rules {
		j.sum.Rules = append(j.sum.Rules, *r)
	}
	slices.SortFunc(j.sum.Rules, func(a, b RuleCount) int {
		return cmp.Or(strings.Compare(a.Program, b.Program), strings.Compare(a.Rule, b.Rule))
	})
	return j.sum
}

// followNight takes over what the newest published night has found.
func followNight(ctx context.Context, d Deps) (*gateway.FindingTally, error) {
	run, err := d.Nights.LastRun(ctx)
	if err != nil {
		if gateway.FaultOf(err).Code == gateway.NotFound {
			err = nil
		}
		return nil, err
	}
	due := map[string]int64{}
	for _, p := range d.Packs {
		due[p.ID] = p.Due.Night
	}
	return d.Findings.FollowFindings(ctx, gateway.FindingRun{Origin: gateway.FromNight, ID: run.ID, AsOf: run.AsOf}, func(see func(*gateway.Found) error) error {
		return d.Nights.EachFinding(ctx, run, func(f *ledger.FindingRow) error {
			return see(&gateway.Found{Origin: gateway.FromNight, Rule: string(f.Kind), Kind: string(f.Kind), Program: f.Program, Person: f.Person, Partner: gateway.PartnerID(f.Partner),
				Record: f.Ref, Item: f.Item, Force: string(program.Required), Owner: ownerOf(string(f.Kind)), Reason: f.Reason, Cites: "The three sides of the night: plan, authorization, delivery", DueDays: due[f.Program]})
		})
	})
}
