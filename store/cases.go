package store

import (
	"context"
	"database/sql"
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
	_, db := s.dialect.keyed(s)
	t, err := s.beginRead(ctx, db)
	if err != nil {
		return nil, s.worded(err)
	}
	defer t.rollback()
	var people []string
	err = t.readAll(ctx, personSheet.asking(find+" limit 2", args, &people))
	switch {
	case err != nil:
		return nil, s.worded(err)
	case len(people) == 0:
		return nil, notFound(what)
	case len(people) > 1:
		return nil, mismatch(what, "several with this id, from different partners", "name the partner")
	}
	c, err := loadCase(ctx, t, people[0], known)
	if err != nil {
		return nil, s.worded(err)
	}
	return c, nil
}

// beginRead starts a transaction that sees one snapshot and writes nothing.
func (s *Store) beginRead(ctx context.Context, db *sql.DB) (*tx, error) {
	if s.dialect.name() == "sqlite" {
		return beginRead(ctx, db)
	}
	t, err := s.dialect.begin(ctx, db)
	if err != nil {
		return nil, err
	}
	t.queue[0].sql = "begin isolation level repeatable read read only"
	return t, nil
}

// personSheet reads queries for persons.
var personSheet = &sheet{texts: []string{"person"}}

func (h *sheet) asking(text string, args []any, into *[]string) sheetRead {
	return sheetRead{h, text, args, func(r *rawRow) error {
		*into = append(*into, string(r.s[0]))
		return nil
	}}
}

// loadCase reads one child's rows up to a watermark, with the rows of others
// that meet them in a chain as foreign ones: one round trip, and one more for
// each of the few others.
func loadCase(ctx context.Context, t *tx, person string, known int64) (*ledger.Case, error) {
	c := &ledger.Case{Member: person}
	var guests []string
	links := personSheet.asking(`with recursive r(person) as (select other from person_link where person = $1 union
		select l.other from r join person_link l on l.person = r.person) select person from r where person <> $1 order by person`, []any{person}, &guests)
	spans := spanKind.reading(personWhere, personArgs(person, known), func(raw *rawRow) error {
		c.Spans = append(c.Spans, spanOf(spanKind.keep(raw)))
		return nil
	})
	err := t.readAll(ctx, append(readingFacts(c, person, known, false), spans, links)...)
	for _, guest := range guests {
		if err == nil {
			err = t.readAll(ctx, readingFacts(c, guest, known, true)...)
		}
	}
	return c, err
}

const personWhere = "bucket = $1 and person = $2 and known <= $3"

func personArgs(person string, known int64) []any { return []any{bucketOf(person), person, known} }

// readingFacts adds the lines, authorizations and plans of one person; spans are never
// foreign.
func readingFacts(c *ledger.Case, person string, known int64, foreign bool) []sheetRead {
	return []sheetRead{
		lineKind.reading(personWhere, personArgs(person, known), func(raw *rawRow) error {
			l := lineOf(lineKind.keep(raw))
			l.Foreign = foreign
			c.Lines = append(c.Lines, l)
			return nil
		}),
		authKind.reading(personWhere, personArgs(person, known), func(raw *rawRow) error {
			a := authOf(authKind.keep(raw))
			a.Foreign = foreign
			c.Auths = append(c.Auths, a)
			return nil
		}),
		planFactKind.reading(personWhere, personArgs(person, known), func(raw *rawRow) error {
			p := planOf(planFactKind.keep(raw))
			p.Foreign = foreign
			c.Plans = append(c.Plans, p)
			return nil
		}),
	}
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
