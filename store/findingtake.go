package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// trueFinding is what may change in a finding while it is true.
type trueFinding struct {
	force, owner, reason, cites string
	violation, due              int64
}

// knownFinding is the newest opening of a finding, as it stands.
type knownFinding struct {
	id               string
	opening          int64
	opened           ledger.Day
	closed, waivedTo ledger.Day
	trueFinding
}

// now is what a run says of the finding. The days within which it is to be mended
// count from the day it was seen first, or from the end of its last waiver.
func (k *knownFinding) now(f *gateway.Found) trueFinding {
	return trueFinding{f.Force, f.Owner, f.Reason, f.Cites, bit(f.Violation), dueFrom(max(k.opened, k.waivedTo), f.DueDays)}
}

const changeFinding = "update finding set seen_day = $2, seen_run = $3, force = $4, violation = $5, owner = $6, reason = $7, cites = $8, due_day = $9 where id = $1"

// take opens what was not open before and keeps what has changed in the rest. Of
// what is seen twice in a batch the last word counts.
func (o *follow) take(ctx context.Context, batch []gateway.Found) error {
	if len(batch) == 0 {
		return nil
	}
	found, keys := make(map[string]*gateway.Found, len(batch)), make([]string, 0, len(batch))
	for i := range batch {
		key := batch[i].Key()
		if found[key] == nil {
			keys = append(keys, key)
			o.seen.add(key)
		}
		found[key] = &batch[i]
	}
	var fresh []*opening
	err := o.whileItCounts(ctx, func(t *tx) error {
		known, err := o.known(ctx, t, keys)
		if err != nil {
			return err
		}
		fresh = fresh[:0]
		for _, key := range keys {
			k, f := known[key], found[key]
			if k == nil || k.closed != 0 {
				fresh = append(fresh, newOpening(key, f, k))
			} else if now := k.now(f); now != k.trueFinding {
				t.put(changeFinding, k.id, int64(o.run.AsOf), o.run.ID, now.force, now.violation, now.owner, now.reason, now.cites, now.due)
			}
		}
		return o.open(ctx, t, fresh)
	})
	o.fresh += len(fresh)
	return err
}

// known reads the newest openings of findings. No word on the day of closing: on a new
// database PostgreSQL would read all that is true for it, instead of looking for keys.
func (o *follow) known(ctx context.Context, t *tx, keys []string) (map[string]*knownFinding, error) {
	out := make(map[string]*knownFinding, len(keys))
	rows, err := t.query(ctx, "select id, key, opening, opened_day, closed_day, waived_to, force, owner, reason, cites, violation, due_day from finding where key "+o.dialect.among("$1"), o.dialect.list(keys))
	if err != nil {
		return nil, err
	}
	return out, eachRow(rows, func() error {
		var key string
		k := &knownFinding{}
		err := rows.Scan(&k.id, &key, &k.opening, &k.opened, &k.closed, &k.waivedTo, &k.force, &k.owner, &k.reason, &k.cites, &k.violation, &k.due)
		if before := out[key]; before == nil || before.opening < k.opening {
			out[key] = k
		}
		return err
	})
}

const (
	findingFields = "id key opening origin rule kind program person partner record item force violation owner reason cites state opened_day opened_run seen_day seen_run closed_day closed_run waived_to waived_by waived_why due_day"
	eventFields   = "finding no state day run at until who why told"
)

// opening is a finding that was not true before.
type opening struct {
	*gateway.Found
	id, key string
	no      int64
}

func newOpening(key string, f *gateway.Found, before *knownFinding) *opening {
	o := &opening{Found: f, key: key, no: 1}
	if before != nil {
		o.no = before.opening + 1
	}
	o.id = fmt.Sprintf("%s-%d", key, o.no)
	return o
}

// open opens findings, each with its event.
func (o *follow) open(ctx context.Context, t *tx, all []*opening) error {
	if len(all) == 0 {
		return nil
	}
	day, at := int64(o.run.AsOf), o.micros()
	rows, events := make([][]any, len(all)), make([][]any, len(all))
	for i, f := range all {
		rows[i] = []any{f.id, f.key, f.no, o.run.Origin, f.Rule, f.Kind, f.Program, f.Person, string(f.Partner), f.Record, f.Item, f.Force, bit(f.Violation), f.Owner, f.Reason, f.Cites,
			gateway.FindingOpen, day, o.run.ID, day, o.run.ID, 0, "", 0, "", "", dueFrom(o.run.AsOf, f.DueDays)}
		events[i] = []any{f.id, 1, gateway.FindingOpen, day, o.run.ID, at, 0, "", "", 0}
	}
	if err := t.insertMany(ctx, "finding", findingFields, rows); err != nil {
		return err
	}
	return t.insertMany(ctx, "finding_event", eventFields, events)
}
