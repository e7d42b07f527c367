package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/ledger"
)

// runScope is whom a new run has to judge.
type runScope struct {
	rows    int64       // service rows up to the watermark
	work    int64       // of these, how many the run has to read, about
	base    *ledger.Run // the full run that it builds on; nil = every child
	changed []sheetRow  // of runPersonSheet: the children to judge
	why     string      // why every child, although less was asked for
}

var runPersonSheet = &sheet{name: "run_person", nums: []column{{"run", 4}, {"bucket", 2}}, texts: []string{"person"}}

// mostChanged is the part of all children, in percent, from which on a full run
// costs less than an incremental one (speed.md, section 1).
const mostChanged = 40

// scopeOf looks for the base that the spec asks for and for what has changed
// since. Facts up to a watermark never change, so it needs no lock.
func (s *Store) scopeOf(ctx context.Context, spec ledger.RunSpec) (*runScope, error) {
	t, err := s.beginRead(ctx, s.read)
	if err != nil {
		return nil, err
	}
	defer t.rollback()
	c := &runScope{}
	if spec.Since != "" {
		if err := c.since(ctx, t, spec); err != nil {
			return nil, err
		}
	}
	if c.base != nil {
		err = t.row(ctx, "select (select rows from run where no = $1) + (select count(*) from service_line where known > $2 and known <= $3)", c.base.No, c.base.Known, spec.Known).Scan(&c.rows)
		c.work = c.base.Summary.RowsIn * int64(len(c.changed)) / max(c.base.Summary.Children, 1)
		return c, err
	}
	err = t.row(ctx, "select count(*) from service_line where known <= $1", spec.Known).Scan(&c.rows)
	c.work = c.rows
	return c, err
}

// since fills in the base and who has changed, or why there is no base.
func (c *runScope) since(ctx context.Context, t *tx, spec ledger.RunSpec) error {
	base, why, err := baseOf(ctx, t, spec)
	if err != nil || base == nil {
		c.why = why
		return err
	}
	if c.changed, err = changedSince(ctx, t, base.Known, spec.Known); err != nil {
		return err
	}
	if n := int64(len(c.changed)); n*100 > base.Summary.Children*mostChanged && n > 100 {
		c.changed, c.why = nil, fmt.Sprintf("%d of %d children have changed since run %s", n, base.Summary.Children, base.ID)
		return nil
	}
	c.base = base
	return nil
}

// baseOf is the full run to build on, or why none will do.
func baseOf(ctx context.Context, t *tx, spec ledger.RunSpec) (base *ledger.Run, why string, err error) {
	if spec.Since == ledger.SinceLast {
		base, err = scanRun(t.row(ctx, runColumns+"where state = 'published' and base = 0 and as_of = $1 and rules = $2 and known <= $3 and not "+doubted+" order by known desc limit 1", spec.AsOf, spec.Rules, spec.Known))
		why = fmt.Sprintf("there is no full run of %s with the same rules", spec.AsOf)
	} else {
		base, why, err = namedBase(ctx, t, spec)
	}
	if err != nil || base == nil {
		return nil, why, err
	}
	var silent int // before version 27 splits did not say whose they are
	if err := t.row(ctx, "select count(*) from (select 1 from split where run = $1 and person = '' limit 1) x", base.No).Scan(&silent); err != nil {
		return nil, "", err
	}
	if silent > 0 {
		return nil, "run " + base.ID + " was made by an older version", nil
	}
	return base, "", nil
}

// namedBase is the run with the id, or the full run that it builds on.
func namedBase(ctx context.Context, t *tx, spec ledger.RunSpec) (base *ledger.Run, why string, err error) {
	base, err = scanRun(t.row(ctx, runColumns+"where id = $1", spec.Since))
	if err == nil && base != nil && base.Base != 0 {
		base, err = scanRun(t.row(ctx, runColumns+"where no = $1", base.Base))
	}
	var wrong int
	if err == nil && base != nil {
		err = t.row(ctx, "select count(*) from run where no = $1 and "+doubted, base.No).Scan(&wrong)
	}
	switch {
	case err != nil:
		return nil, "", err
	case wrong > 0:
		return nil, "the self-check of run " + base.ID + " found rows that differ", nil
	case base == nil || !base.Published:
		return nil, "", notFound("run")
	case base.AsOf != spec.AsOf:
		return nil, fmt.Sprintf("run %s is as of %s", spec.Since, base.AsOf), nil
	case base.Rules != spec.Rules:
		return nil, fmt.Sprintf("run %s was made by rules %s, now they are %s", spec.Since, base.Rules, spec.Rules), nil
	case base.Known > spec.Known:
		return nil, fmt.Sprintf("run %s knows more than is asked for", spec.Since), nil
	}
	return base, "", nil
}

// changedSince are the persons with facts after one watermark and up to another,
// and whoever is tied to them by a chain of replacements or a key that moved.
func changedSince(ctx context.Context, t *tx, after, upTo int64) (out []sheetRow, err error) {
	var people []string
	err = t.readAll(ctx, personSheet.asking(`with recursive changed(person) as (
		select person from service_line where known > $1 and known <= $2 union select person from auth_fact where known > $1 and known <= $2
		union select person from span_fact where known > $1 and known <= $2 union select person from plan_fact where known > $1 and known <= $2
		union select l.other from changed c join person_link l on l.person = c.person) select person from changed order by person`, []any{after, upTo}, &people))
	out = make([]sheetRow, len(people))
	for i, p := range people {
		out[i].n[1], out[i].s[0] = int64(bucketOf(p)), p
	}
	return out, err
}

// stands makes sure that the base is still there.
func (c *runScope) stands(ctx context.Context, t *tx) error {
	if c.base == nil {
		return nil
	}
	err := t.row(ctx, "select no from run where no = $1 and state = 'published'", c.base.No).Scan(&c.base.No)
	if noRows(err) {
		return notFound("run")
	}
	return err
}

// put keeps whom the run has to judge.
func (c *runScope) put(ctx context.Context, t *tx, run int) error {
	if c.base == nil {
		return nil
	}
	for i := range c.changed {
		c.changed[i].n[0] = int64(run)
	}
	if err := runPersonSheet.insertRows(ctx, t, c.changed); err != nil || t.pg == nil {
		return err
	}
	return t.exec(ctx, "analyze run_person")
}
