package store

import (
	"context"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// UntoldFindings are changes of findings that are no message yet, oldest first.
func (s *Store) UntoldFindings(ctx context.Context, limit int) (out []gateway.FindingNews, err error) {
	rows, err := s.reading().query(ctx, `select e.finding, e.no, e.state, e.day, e.run, e.until, e.who, e.why, f.origin, f.rule, f.kind, f.program, f.person, f.partner,
		f.record, f.item, f.force, f.violation, f.owner, f.reason, f.cites, f.opened_day, f.due_day,
		coalesce((select min(x.value) from patient_xref x where x.person = f.person and x.system = $1 and f.person <> ''), '')
		from (select * from finding_event u where u.told = 0 order by u.at, u.finding, u.no limit $2) e join finding f on f.id = e.finding
		order by e.at, e.finding, e.no`, s.Policy.MemberSystem, limit)
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		var n gateway.FindingNews
		var violation int64
		err := rows.Scan(&n.ID, &n.No, &n.State, &n.Day, &n.Run, &n.Until, &n.Who, &n.Why, &n.Origin, &n.Rule, &n.Kind, &n.Program, &n.Person, &n.Partner,
			&n.Record, &n.Item, &n.Force, &violation, &n.Owner, &n.Reason, &n.Cites, &n.Opened, &n.Due, &n.Member.Value)
		n.Violation = violation == 1
		if n.Member.Value != "" {
			n.Member.System = s.Policy.MemberSystem
		}
		n.Next = (&gateway.Found{Origin: n.Origin, Kind: n.Kind}).Next()
		out = append(out, n)
		return err
	})
	return out, s.worded(err)
}

// ToldFinding marks a change as told.
func (s *Store) ToldFinding(ctx context.Context, id string, no int) error {
	return s.inTx(ctx, func(t *tx) error {
		return t.exec(ctx, "update finding_event set told = 1 where finding = $1 and no = $2", id, no)
	})
}

// FindingPeriods counts the findings of a program (empty = of all) in a period,
// both ends inclusive: what was open and what rested at its end, what came and
// went in it.
func (s *Store) FindingPeriods(ctx context.Context, program string, from, to ledger.Day) (out []gateway.FindingPeriod, err error) {
	return s.FindingPeriodsSeen(ctx, nil, program, from, to)
}

// FindingPeriodsSeen is FindingPeriods of what the caller may see; nil is whoever
// runs the gateway.
func (s *Store) FindingPeriodsSeen(ctx context.Context, c *gateway.Caller, program string, from, to ledger.Day) (out []gateway.FindingPeriod, err error) {
	const (
		alive = "f.opened_day <= $2 and (f.closed_day = 0 or f.closed_day > $2)"
		rests = "(f.waived_to > 0 and exists (select 1 from finding_event e where e.finding = f.id and e.state = 'waived' and e.day <= $2 and e.until >= $2))"
	)
	args := []any{int64(from), int64(to), program}
	text := `select f.origin, f.program, f.rule, f.force, sum(case when ` + alive + ` and not ` + rests + ` then 1 else 0 end),
		sum(case when ` + alive + ` and ` + rests + ` then 1 else 0 end), sum(case when f.opened_day between $1 and $2 then 1 else 0 end),
		sum(case when f.closed_day between $1 and $2 then 1 else 0 end)
		from finding f where f.opened_day <= $2 and (f.closed_day = 0 or f.closed_day >= $1) and ($3 = '' or f.program = $3) and ` + mayFind(c, &args) + `
		group by f.origin, f.program, f.rule, f.force order by f.origin, f.program, f.rule, f.force`
	err = s.eachGrouped(ctx, text, args, func(row scanner) error {
		var p gateway.FindingPeriod
		err := row.Scan(&p.Origin, &p.Program, &p.Rule, &p.Force, &p.Open, &p.Waived, &p.Opened, &p.Closed)
		out = append(out, p)
		return err
	})
	return out, s.worded(err)
}
