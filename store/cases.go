package store

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// CaseOf is everything the ledger knows about the member, for a caller who may
// see it. Absent and not to be seen are the same fault.
func (s *Store) CaseOf(ctx context.Context, c gateway.Caller, member gateway.Identifier) (*ledger.Case, error) {
	id := s.xref(c.Partner, member)
	args := []any{id.System, id.Value}
	find := "select x.person from patient_xref x where x.system = $1 and x.value = $2 and " + related(c, "x.person", &args)
	return s.caseWhere(ctx, "member", find, args, math.MaxInt64)
}

// CaseOfAuth is the case of the child that an authorization belongs to. Without
// a partner the id must be one only.
func (s *Store) CaseOfAuth(ctx context.Context, c gateway.Caller, key ledger.AuthKey) (*ledger.Case, error) {
	args := []any{key.ID, key.Partner}
	find := `select distinct a.person from auth_fact a where a.id = $1 and ($2 = '' or a.partner = $2) and not exists (select 1 from auth_fact n
		where n.id = a.id and n.partner = a.partner and (n.received, n.known) > (a.received, a.known)) and ` + related(c, "a.person", &args)
	return s.caseWhere(ctx, "authorization", find, args, math.MaxInt64)
}

// caseWhere loads the case of the one person that a query finds, all from one
// snapshot.
func (s *Store) caseWhere(ctx context.Context, what, find string, args []any, known int64) (*ledger.Case, error) {
	t, err := s.beginRead(ctx)
	if err != nil {
		return nil, err
	}
	defer t.rollback()
	var people []string
	rows, err := t.query(ctx, find+" limit 2", args...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		people = append(people, "")
		return rows.Scan(&people[len(people)-1])
	})
	switch {
	case err != nil:
		return nil, err
	case len(people) == 0:
		return nil, notFound(what, "")
	case len(people) > 1:
		return nil, mismatch(what, "several with this id, from different partners", "name the partner")
	}
	return loadCase(ctx, t, people[0], known)
}

// beginRead starts a transaction that sees one snapshot and writes nothing.
func (s *Store) beginRead(ctx context.Context) (*tx, error) {
	if s.dialect.name() == "sqlite" {
		return beginRead(ctx, s.read)
	}
	t, err := s.dialect.begin(ctx, s.read)
	if err != nil {
		return nil, err
	}
	if err := t.exec(ctx, "set transaction isolation level repeatable read read only"); err != nil {
		t.rollback()
		return nil, err
	}
	return t, nil
}

// loadCase reads one child's rows up to a watermark, with the rows of others
// that meet them in a chain as foreign ones.
func loadCase(ctx context.Context, t *tx, person string, known int64) (*ledger.Case, error) {
	c := &ledger.Case{Member: person}
	people := []string{person}
	rows, err := t.query(ctx, `with recursive r(person) as (select other from person_link where person = $1 union
		select l.other from r join person_link l on l.person = r.person) select person from r where person <> $1 order by person`, person)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		people = append(people, "")
		return rows.Scan(&people[len(people)-1])
	})
	if err != nil {
		return nil, err
	}
	for i, p := range people {
		if err := appendFacts(ctx, t, c, p, known, i > 0); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// appendFacts adds the rows of one person; spans are never foreign.
func appendFacts(ctx context.Context, t *tx, c *ledger.Case, person string, known int64, foreign bool) error {
	where := fmt.Sprintf("bucket = %d and person = $1 and known <= $2", bucketOf(person))
	args := []any{person, known}
	err := lineKind.eachOf(ctx, t, where, args, func(r *sheetRow) error {
		c.Lines = append(c.Lines, lineOf(r))
		c.Lines[len(c.Lines)-1].Foreign = foreign
		return nil
	})
	if err != nil {
		return err
	}
	err = authKind.eachOf(ctx, t, where, args, func(r *sheetRow) error {
		c.Auths = append(c.Auths, authOf(r))
		c.Auths[len(c.Auths)-1].Foreign = foreign
		return nil
	})
	if err != nil || foreign {
		return err
	}
	return spanKind.eachOf(ctx, t, where, args, func(r *sheetRow) error {
		c.Spans = append(c.Spans, spanOf(r))
		return nil
	})
}

func pgConn(c any) *pgx.Conn { return c.(*stdlib.Conn).Conn() }

// CaseOfLine is the case of the child that a line belongs to, as it was known at
// the watermark. A nil caller is the house itself.
func (s *Store) CaseOfLine(ctx context.Context, c *gateway.Caller, partner, id string, known int64) (*ledger.Case, error) {
	args := []any{id, partner, known}
	find := `select distinct a.person from service_line a where a.id = $1 and ($2 = '' or a.partner = $2) and a.known <= $3 and not exists (
		select 1 from service_line n where n.id = a.id and n.partner = a.partner and n.known <= $3 and (n.received, n.known) > (a.received, a.known))`
	if c != nil {
		find += " and " + related(*c, "a.person", &args)
	}
	return s.caseWhere(ctx, "line", find, args, known)
}
