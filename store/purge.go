package store

import (
	"context"
	"slices"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Purgeable lists children of whom nothing was heard and nothing was in force
// since a moment, in order of their keys; those under a legal hold apart.
func (s *Store) Purgeable(ctx context.Context, before time.Time, after string, limit int) (persons []string, err error) {
	return s.quiet(ctx, before, "not "+underHold("p.id")+" and p.id > $4", limit, after)
}

// HeldBack counts the children that only a legal hold keeps.
func (s *Store) HeldBack(ctx context.Context, before time.Time) (int, error) {
	persons, err := s.quiet(ctx, before, underHold("p.id")+" and p.id > $4", 1<<30, "")
	return len(persons), err
}

func (s *Store) quiet(ctx context.Context, before time.Time, condition string, limit int, after string) (persons []string, err error) {
	rows, err := s.reading().query(ctx, `select p.id from person p where p.moved_to = '' and p.created_at < $1 and `+condition+`
		and not exists (select 1 from resource r where r.person = p.id and r.person <> '' and r.source <> '`+string(gateway.Itself)+`' and r.updated_at >= $1)
		and not exists (select 1 from service_line l where l.bucket = p.bucket and l.person = p.id and l.day >= $2)
		and not exists (select 1 from auth_fact a where a.bucket = p.bucket and a.person = p.id and a.end_day >= $2 and a.end_day >= a.start_day)
		and not exists (select 1 from span_fact f where f.bucket = p.bucket and f.person = p.id and f.end_day >= $2 and not exists (select 1 from span_fact n where
			n.bucket = f.bucket and n.person = f.person and n.payer = f.payer and n.program = f.program and n.start_day = f.start_day and n.known > f.known))
		and not exists (select 1 from record_fact c where c.bucket = p.bucket and c.person = p.id and c.received >= $1)
		and not exists (select 1 from person_review v where v.state = 'open' and v.persons like '%' || p.id || '%')
		order by p.id limit $3`, before.UnixMicro(), int64(ledger.DayOf(before.UTC())), limit, after)
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		persons = append(persons, "")
		return rows.Scan(&persons[len(persons)-1])
	})
	return persons, s.worded(err)
}

// purging is some children on their way out, in one transaction.
type purging struct {
	s         *Store
	t         *tx
	persons   []string // the children, and who became them
	resources []string // Type/id
	messages  []string // about nobody else
	shared    []string // about others too
	out       *gateway.Purged
}

// Purge takes everything about some children away: records, versions, search
// rows, facts, verdicts, findings, messages, deliveries, and the persons
// themselves, in one transaction. With try it only counts. One under a legal
// hold, or one that shares a message with such a child, is a Conflict.
func (s *Store) Purge(ctx context.Context, persons []string, try bool) (*gateway.Purged, error) {
	p := &purging{s: s}
	err := s.inTx(ctx, func(t *tx) error {
		*p = purging{s: s, t: t, out: &gateway.Purged{Rows: map[string]int64{}}}
		if err := p.secure(ctx); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{func(ctx context.Context) error { return p.who(ctx, persons) }, p.what, p.names, p.remove} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		if try {
			return errTried
		}
		return nil
	})
	if err == errTried { //nolint:errorlint // our own, unwrapped
		err = nil
	}
	return p.out, s.worded(err)
}

// secure lets SQLite write zeros over what it deletes; PostgreSQL has no such
// thing, see Compact.
func (p *purging) secure(ctx context.Context) error {
	if p.t.pg != nil {
		return nil
	}
	rows, err := p.t.query(ctx, "pragma secure_delete = on")
	if err != nil {
		return err
	}
	return eachRow(rows, func() error { return nil })
}

func (p *purging) who(ctx context.Context, persons []string) (err error) {
	var args []any
	marks := bindAll(&args, persons)
	p.persons, err = p.list(ctx, "select id from person where id in ("+marks+") or moved_to in ("+marks+")", args...)
	if err != nil {
		return err
	}
	if len(p.persons) == 0 {
		return gateway.Faultf("purge", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "nobody to purge"})
	}
	args = nil
	var kept bool
	if err := p.t.row(ctx, "select exists (select 1 from person q where q.id in ("+bindAll(&args, p.persons)+") and "+underHold("q.id")+")", args...).Scan(&kept); err != nil {
		return err
	}
	if kept {
		return onHold("a child under a legal hold")
	}
	return nil
}

func onHold(what string) error {
	return gateway.Faultf("purge", gateway.Conflict, fhir.Issue{Code: "conflict", Found: what, Fix: "nothing, while the hold is in force"})
}

// what finds the resources and messages of the child.
func (p *purging) what(ctx context.Context) (err error) {
	var args []any
	if p.resources, err = p.list(ctx, "select type || '/' || id from resource where person in ("+bindAll(&args, p.persons)+") and person <> ''", args...); err != nil {
		return err
	}
	var all []string
	args = nil
	for _, sql := range []string{"select a.message from resource r join audit a on a.type = r.type and a.id = r.id where r.person in (%) and r.person <> '' and a.message <> ''",
		"select v.message from prior_auth a join prior_auth_version v on v.id = a.id where a.person in (%)", "select message from person_review where persons in (%)"} {
		args = nil
		found, err := p.list(ctx, in(sql, &args, p.persons), args...)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if p.shared, err = p.others(ctx, all); err != nil {
		return err
	}
	p.messages = slices.DeleteFunc(all, func(m string) bool { return slices.Contains(p.shared, m) })
	p.out.Shared = int64(len(p.shared))
	return nil
}

// others are the messages that are about somebody else too; that one of those
// is under a legal hold keeps this child as well.
func (p *purging) others(ctx context.Context, messages []string) (shared []string, err error) {
	for chunk := range slices.Chunk(messages, purgeChunk) {
		var args []any
		of := "from effect e where e.message in (" + bindAll(&args, chunk) + ") and e.person <> '' and e.person not in (" + bindAll(&args, p.persons) + ")"
		found, err := p.list(ctx, "select distinct e.message "+of, args...)
		if err != nil {
			return nil, err
		}
		shared = append(shared, found...)
		var kept bool
		if err := p.t.row(ctx, "select exists (select 1 "+of+" and "+underHold("e.person")+")", args...).Scan(&kept); err != nil {
			return nil, err
		}
		if kept {
			return nil, onHold("a message that is also about a child under a legal hold")
		}
	}
	return shared, nil
}

// names gathers by what the proof will look for the child.
func (p *purging) names(ctx context.Context) error {
	for _, sql := range []string{"select value from patient_xref where person in (%)", "select member from span_fact where person in (%)",
		"select id from service_line where person in (%)", "select claim from service_line where person in (%)", "select id from auth_fact where person in (%)",
		"select id from plan_fact where person in (%)", "select id from record_fact where person in (%)"} {
		var args []any
		found, err := p.list(ctx, in(sql, &args, p.persons), args...)
		if err != nil {
			return err
		}
		p.out.Names = append(p.out.Names, found...)
	}
	slices.Sort(p.out.Names)
	p.out.Names = slices.Compact(p.out.Names)
	p.out.Keys = slices.Concat(p.persons, p.messages)
	for _, r := range p.resources {
		p.out.Keys = append(p.out.Keys, fhir.Ref(r).ID())
	}
	return nil
}

func (p *purging) list(ctx context.Context, sql string, args ...any) (out []string, err error) {
	rows, err := p.t.query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		out = append(out, "")
		return rows.Scan(&out[len(out)-1])
	})
	return out, err
}
