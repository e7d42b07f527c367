package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
)

// AuthorizationOf is the authorization a submission is about, as it stands now.
func (s *Store) AuthorizationOf(ctx context.Context, message gateway.MessageID) (*gateway.Authorization, error) {
	return s.readOneAuth(ctx, "select p.doc from prior_auth_version v join prior_auth p on p.id = v.id where v.message = $1", string(message))
}

// Authorization reads one of the requests the caller has made or has to decide
// on; another's is absent.
func (s *Store) Authorization(ctx context.Context, c gateway.Caller, id string) (*gateway.Authorization, error) {
	return s.readOneAuth(ctx, "select doc from prior_auth where id = $1 and $2 in (requester, payer)", id, string(c.Partner))
}

func (s *Store) readOneAuth(ctx context.Context, query string, args ...any) (*gateway.Authorization, error) {
	var doc string
	err := s.reading().row(ctx, query, args...).Scan(&doc)
	if noRows(err) {
		return nil, notFound("authorization")
	}
	if err != nil {
		return nil, s.worded(err)
	}
	return readAuth(doc)
}

// AnswerSubmission fixes what a submission is answered with: the version that
// stands, or the one of its first answer. From then on a change of what is
// pended is notified.
func (s *Store) AnswerSubmission(ctx context.Context, message gateway.MessageID) (auth *gateway.Authorization, err error) {
	err = s.inTx(ctx, func(t *tx) error {
		var id, doc string
		// The row is locked: a decision that commits meanwhile sees either no answer, or this one.
		err := t.row(ctx, `select p.id from prior_auth_version v join prior_auth p on p.id = v.id where v.message = $1`+s.dialect.forUpdate(), string(message)).Scan(&id)
		if err != nil {
			return err
		}
		t.put(`insert into prior_auth_answer (message, id, version) select $1, id, version from prior_auth where id = $2 on conflict do nothing`, string(message), id)
		err = t.row(ctx, `select v.doc from prior_auth_answer a join prior_auth_version v on v.id = a.id and v.version = a.version where a.message = $1`, string(message)).Scan(&doc)
		if err == nil {
			auth, err = readAuth(doc)
		}
		return err
	})
	if noRows(err) {
		return nil, notFound("authorization")
	}
	return auth, s.worded(err)
}

// Submitted is the Bundle of a submission as it was sent; of one that came by
// another wire than FHIR, the Bundle that it was made into.
func (s *Store) Submitted(ctx context.Context, message gateway.MessageID) ([]byte, error) {
	m := gateway.Message{ID: message}
	err := s.reading().row(ctx, "select partner, kind, body from inbox where id = $1", string(message)).Scan(&m.Partner, &m.Kind, &m.Body)
	switch {
	case noRows(err):
		return nil, notFound("message")
	case err != nil:
		return nil, s.worded(err)
	case s.Policy.Bundle != nil && !strings.HasPrefix(string(m.Kind), "fhir/"):
		return s.Policy.Bundle(&m)
	}
	return m.Body, nil
}

// RequestsTo lists the requests to a payer, oldest first; state empty = any.
func (s *Store) RequestsTo(ctx context.Context, payer gateway.PartnerID, state gateway.AuthState, p gateway.Paging) ([]gateway.Authorization, string, error) {
	return s.requests(ctx, "$1 = payer", payer, state, p)
}

// ReceivedByPayer is when the wire of the payer took the submissions of an
// authorization, where one did; a payer who collects has none.
func (s *Store) ReceivedByPayer(ctx context.Context, a *gateway.Authorization) (map[gateway.MessageID]time.Time, error) {
	out := map[gateway.MessageID]time.Time{}
	ids := make([]string, len(a.Revisions))
	for i := range a.Revisions {
		ids[i] = string(a.Revisions[i].Message)
	}
	args := []any{string(a.Payer)}
	rows, err := s.reading().query(ctx, "select message, min(done_at) from outbox where partner = $1 and state = 'delivered' and done_at > 0 and message in ("+bindAll(&args, ids)+") group by message", args...)
	if err != nil {
		return nil, s.worded(err)
	}
	return out, s.worded(eachRow(rows, func() error {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			return err
		}
		out[gateway.MessageID(id)] = time.UnixMicro(at).UTC()
		return nil
	}))
}

// Requests lists what waits for a payer's decision, or what a requester has
// asked, oldest first; state empty = any.
func (s *Store) Requests(ctx context.Context, c gateway.Caller, state gateway.AuthState, p gateway.Paging) ([]gateway.Authorization, string, error) {
	return s.requests(ctx, "$1 in (payer, requester)", c.Partner, state, p)
}

func (s *Store) requests(ctx context.Context, where string, who gateway.PartnerID, state gateway.AuthState, p gateway.Paging) (out []gateway.Authorization, next string, err error) {
	args := []any{string(who)}
	if state != "" {
		where += " and state = " + bind(&args, string(state))
	}
	if at, id, ok := strings.Cut(p.After, "."); ok {
		us, _ := strconv.ParseInt(at, 10, 64) // a cursor that is not ours begins at the start
		where += " and (created_at, id) > (" + bind(&args, us) + ", " + bind(&args, id) + ")"
	}
	rows, err := s.reading().query(ctx, "select doc from prior_auth where "+where+" order by created_at, id limit "+bind(&args, p.Size()+1), args...)
	if err != nil {
		return nil, "", s.worded(err)
	}
	if err = eachAuth(rows, func(a *gateway.Authorization) { out = append(out, *a) }); err != nil || len(out) <= p.Size() {
		return out, "", s.worded(err)
	}
	out = out[:p.Size()]
	last := &out[len(out)-1]
	return out, strconv.FormatInt(last.Created.UnixMicro(), 10) + "." + last.ID, nil
}

func eachAuth(rows *sql.Rows, f func(*gateway.Authorization)) error {
	var doc string
	return eachRow(rows, func() error {
		var a gateway.Authorization
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(doc), &a); err != nil {
			return err
		}
		f(&a)
		return nil
	})
}
