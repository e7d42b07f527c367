package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// queryer reads, inside or outside a transaction.
type queryer interface {
	row(ctx context.Context, sql string, args ...any) scanner
	query(ctx context.Context, sql string, args ...any) (*sql.Rows, error)
}

// reader reads outside a transaction.
type reader struct{ *Store }

func (r reader) row(ctx context.Context, sql string, args ...any) scanner {
	if r.dialect.name() == "sqlite" {
		if stmt := r.prepared.get(ctx, r.read, sql); stmt != nil {
			return stmt.QueryRowContext(ctx, args...)
		}
	}
	return r.read.QueryRowContext(ctx, sql, args...)
}

func (r reader) query(ctx context.Context, sql string, args ...any) (*sql.Rows, error) {
	if r.dialect.name() == "sqlite" {
		if stmt := r.prepared.get(ctx, r.read, sql); stmt != nil {
			return stmt.QueryContext(ctx, args...)
		}
	}
	return r.read.QueryContext(ctx, sql, args...)
}

func (s *Store) reading() queryer { return reader{s} }

// Recall finds the receipt of a message with the same key at the same door.
// Another content under that key is a conflict: both bodies are kept.
func (s *Store) Recall(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
	if m.Key == "" {
		return nil, nil
	}
	r, err := s.recallWith(ctx, s.reading(), m)
	return r, s.keepQuarantine(ctx, s.worded(err))
}

func (s *Store) recallIn(ctx context.Context, t *tx, m *gateway.Message) (*gateway.Receipt, error) {
	if m.Key == "" {
		return nil, nil
	}
	return s.recallWith(ctx, t, m)
}

const inboxColumns = `select id, partner, channel, msg_key, kind, sha256, body, ask, origin, state, generation, mapping, fault, issues,
	answer_status, answer_head, answer_body, answer_effect, received_at, erased_at from inbox `

func (s *Store) recallWith(ctx context.Context, q queryer, m *gateway.Message) (*gateway.Receipt, error) {
	r, sum, err := scanReceipt(q.row(ctx, inboxColumns+"where partner = $1 and channel = $2 and msg_key = $3", string(m.Partner), m.Channel, m.Key))
	if noRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if sum != m.Sum() {
		return nil, s.otherContent(r.Message.ID, m)
	}
	r.Repeat = true
	return r, s.loadEffects(ctx, q, r)
}

func (s *Store) otherContent(first gateway.MessageID, m *gateway.Message) error {
	f := gateway.Faultf("commit", gateway.Conflict, fhir.Issue{Code: "duplicate", Found: "a key that was used before with other content",
		Allowed: "the same key only for the same content", Fix: "use a new key for new content; both bodies are kept for the operator"})
	f.Err = &quarantine{first, m}
	return f
}

// quarantine is the cause of a conflict: what is kept for the operator.
type quarantine struct {
	first   gateway.MessageID
	message *gateway.Message
}

func (q *quarantine) Error() string { return "other content than message " + string(q.first) }

// keepQuarantine stores the second body of a conflict, in a transaction of its
// own since the one it was met in is given up.
func (s *Store) keepQuarantine(ctx context.Context, err error) error {
	var q *quarantine
	if !errors.As(err, &q) {
		return err
	}
	m := q.message
	again := s.inTx(ctx, func(t *tx) error {
		return t.exec(ctx, `insert into quarantine (id, message, partner, body, sha256, received_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
			string(m.ID), string(q.first), string(m.Partner), m.Body, m.Sum(), s.micros())
	})
	if again != nil {
		return busy(again)
	}
	return err
}

// Message reads a stored message and its receipt by id, for the gateway itself.
func (s *Store) Message(ctx context.Context, id gateway.MessageID) (*gateway.Receipt, error) {
	return s.receipt(ctx, inboxColumns+"where id = $1", string(id))
}

// Receipt reads a message of the caller's own; other = absent.
func (s *Store) Receipt(ctx context.Context, c gateway.Caller, id gateway.MessageID) (*gateway.Receipt, error) {
	return s.receipt(ctx, inboxColumns+"where id = $1 and partner = $2", string(id), string(c.Partner))
}

func (s *Store) receipt(ctx context.Context, sql string, args ...any) (*gateway.Receipt, error) {
	r, _, err := scanReceipt(s.reading().row(ctx, sql, args...))
	if noRows(err) {
		return nil, notFound("message")
	}
	if err == nil {
		err = s.loadEffects(ctx, s.reading(), r)
	}
	if err != nil {
		return nil, s.worded(err)
	}
	return r, nil
}

func scanReceipt(row scanner) (*gateway.Receipt, string, error) {
	m := &gateway.Message{}
	r := &gateway.Receipt{Message: m, Answer: &gateway.Answer{}}
	var sum, ask, fault, issues, head string
	var received, erased int64
	err := row.Scan(&m.ID, &m.Partner, &m.Channel, &m.Key, &m.Kind, &sum, &m.Body, &ask, &m.Origin, &r.State, &r.Generation, &r.Mapped.Name, &fault, &issues,
		&r.Answer.Status, &head, &r.Answer.Body, &r.Answer.Effect, &received, &erased)
	if err != nil {
		return nil, "", err
	}
	if m.Key == string(m.ID) {
		m.Key = ""
	}
	m.Received, m.Erased = fromMicros(received), erased > 0
	return r, sum, decodeWords(r, words{ask, fault, issues, head})
}

func decodeWords(r *gateway.Receipt, w words) error {
	var ask *storedAsk
	var fault *storedFault
	var head answerHead
	for text, into := range map[string]any{w.ask: &ask, w.fault: &fault, w.issues: &r.Mapped.Issues, w.head: &head} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return err
		}
	}
	r.Answer.Location, r.Answer.ETag, r.Answer.Modified = head.Location, head.ETag, head.Modified
	if fault != nil {
		r.Fault = &gateway.Fault{Op: fault.Op, Code: fault.Code, Issues: fault.Issues}
	}
	if ask != nil {
		r.Message.Ask = restoreAsk(ask)
	}
	return nil
}

func restoreAsk(a *storedAsk) *gateway.Ask {
	ask := &gateway.Ask{Interaction: a.Interaction, Type: a.Type, ID: a.ID, IfMatch: a.IfMatch}
	if values, err := url.ParseQuery(a.Where); err == nil && a.Where != "" {
		ask.Where, _ = search.Parse(a.Type, values, search.Options{})
	}
	return ask
}

// loadEffects reads what the message did, and the JSON of the resource that is
// the answer's body: the version written then, byte for byte.
func (s *Store) loadEffects(ctx context.Context, q queryer, r *gateway.Receipt) error {
	rows, err := q.query(ctx, "select type, id, version, verb, person from effect where message = $1 and generation = $2 order by no", string(r.Message.ID), r.Generation)
	if err != nil {
		return err
	}
	err = eachRow(rows, func() error {
		r.Effects = append(r.Effects, gateway.Effect{})
		last := &r.Effects[len(r.Effects)-1]
		return rows.Scan(&last.Type, &last.ID, &last.Version, &last.Verb, &last.Person)
	})
	if err != nil || r.Answer.Effect == 0 || r.Answer.Effect > len(r.Effects) {
		return err
	}
	return versionJSON(ctx, q, &r.Effects[r.Answer.Effect-1])
}

// versionJSON reads one version, current or superseded.
func versionJSON(ctx context.Context, q queryer, e *gateway.Effect) error {
	var us int64
	err := q.row(ctx, `select json, updated_at from resource where type = $1 and id = $2 and version = $3
		union all select json, updated_at from resource_history where type = $1 and id = $2 and version = $3`, e.Type, e.ID, e.Version).Scan(&e.JSON, &us)
	e.Updated = fromMicros(us)
	return err
}
