package store

import (
	"context"
	"math"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// filings are the records of notices and appeals in force, whoever sent them.
const filings = "select a.person, a.partner, a.kind, a.id, a.known, a.received, a.body, a.member from record_fact a where a.kind in ('adverse_notice', 'appeal') and "

// FilingsAbout are the notices and appeals of the child that a request is about.
func (s *Store) FilingsAbout(ctx context.Context, request string) ([]gateway.ChildRecord, error) {
	return s.filings(ctx, "a.person = (select person from prior_auth where id = $2) and "+recordInForce("$1"), int64(math.MaxInt64), request)
}

// Filings are the notices and appeals of every child that the caller may see.
func (s *Store) Filings(ctx context.Context, c gateway.Caller) ([]gateway.ChildRecord, error) {
	args := []any{int64(math.MaxInt64)}
	where := recordInForce("$1") + " and " + related(c, "a.person", &args)
	return s.filings(ctx, where, args...)
}

// AllFilings are the notices and appeals of every child, for the house itself.
func (s *Store) AllFilings(ctx context.Context) ([]gateway.ChildRecord, error) {
	return s.filings(ctx, recordInForce("$1"), int64(math.MaxInt64))
}

func (s *Store) filings(ctx context.Context, where string, args ...any) (out []gateway.ChildRecord, err error) {
	rows, err := s.reading().query(ctx, filings+where+" order by a.person, a.partner, a.kind, a.id", args...)
	if err != nil {
		return nil, s.worded(err)
	}
	return out, s.worded(eachRow(rows, func() error {
		var r gateway.ChildRecord
		var received int64
		err := rows.Scan(&r.Person, &r.Partner, &r.Kind, &r.ID, &r.Known, &received, &r.Body, &r.Member)
		r.Received = ledger.Stamp(received)
		out = append(out, r)
		return err
	}))
}
