package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// The states of a review.
const (
	reviewOpen      = "open"
	reviewLinked    = "linked"
	reviewSeparated = "separated"
)

// Review is a message whose person is in doubt.
type Review struct {
	ID      string
	Message gateway.MessageID
	Partner gateway.PartnerID
	Cause   string
	State   string // open, linked, separated
	Persons []string
	At      time.Time
	Decided time.Time
	Who     string
	Reason  string
}

// PersonCard is what a human needs to tell one child from another.
type PersonCard struct {
	ID          string
	Identifiers []gateway.Identifier // untrusted systems as "partner|system"
	Given       []string
	BirthDates  []string
	Partners    []gateway.PartnerID // who sent something about it
	Records     int
}

const reviewColumns = "select id, message, partner, cause, state, persons, at, decided_at, who, reason from person_review "

// Reviews lists what waits for a human, oldest first; all also lists what was
// decided.
func (s *Store) Reviews(ctx context.Context, all bool) ([]Review, error) {
	where := "where state = 'open' "
	if all {
		where = ""
	}
	return reviews(ctx, s.reading(), reviewColumns+where+"order by at, id limit 1000")
}

func reviews(ctx context.Context, q queryer, text string, args ...any) ([]Review, error) {
	rows, err := q.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	var out []Review
	return out, eachRow(rows, func() error {
		var r Review
		var persons string
		var at, decided int64
		err := rows.Scan(&r.ID, &r.Message, &r.Partner, &r.Cause, &r.State, &persons, &at, &decided, &r.Who, &r.Reason)
		r.Persons, r.At, r.Decided = strings.Split(persons, ","), fromMicros(at), fromMicros(decided)
		out = append(out, r)
		return err
	})
}

// Review reads one by its id or by its message.
func (s *Store) Review(ctx context.Context, id string) (*Review, error) {
	return review(ctx, s.reading(), id)
}

func review(ctx context.Context, q queryer, id string) (*Review, error) {
	found, err := reviews(ctx, q, reviewColumns+"where id = $1 or message = $1", id)
	if err == nil && len(found) == 0 {
		err = notFound("review")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// People shows persons side by side; one that became another is that other.
func (s *Store) People(ctx context.Context, persons []string) ([]PersonCard, error) {
	var cards []PersonCard
	err := s.inTx(ctx, func(t *tx) (err error) {
		cards, err = s.cards(ctx, t, persons)
		return err
	})
	return cards, err
}

func (s *Store) cards(ctx context.Context, t *tx, persons []string) ([]PersonCard, error) {
	persons, err := survivors(ctx, t, persons)
	if err != nil || len(persons) == 0 {
		return nil, err
	}
	ids, err := s.idsOf(ctx, t, persons)
	if err != nil {
		return nil, err
	}
	all, err := s.vitalsOf(ctx, t, persons)
	if err != nil {
		return nil, err
	}
	cards := make([]PersonCard, len(persons))
	for i, p := range persons {
		c := &cards[i]
		c.ID, c.Identifiers = p, ids[p]
		for _, v := range all {
			if v.person == p {
				c.Given = append(c.Given, strings.Join(v.given, " "))
				c.BirthDates = append(c.BirthDates, v.birth)
			}
		}
		c.Given, c.BirthDates = distinctWords(c.Given), distinctWords(c.BirthDates)
		if err := c.sources(ctx, t); err != nil {
			return nil, err
		}
	}
	return cards, nil
}

func (c *PersonCard) sources(ctx context.Context, t *tx) error {
	rows, err := t.query(ctx, "select source, count(*) from resource where person = $1 and verb <> 'deleted' group by source order by source", c.ID)
	if err != nil {
		return err
	}
	return eachRow(rows, func() error {
		var partner gateway.PartnerID
		var n int
		err := rows.Scan(&partner, &n)
		c.Partners, c.Records = append(c.Partners, partner), c.Records+n
		return err
	})
}

func distinctWords(words []string) []string {
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool { return w == "" })
}

// survivors are the persons that these are by now, each once, in order.
func survivors(ctx context.Context, t *tx, persons []string) ([]string, error) {
	var args []any
	rows, err := t.query(ctx, "select id, moved_to from person where id in ("+bindAll(&args, persons)+")", args...)
	if err != nil {
		return nil, err
	}
	now := map[string]string{}
	err = eachRow(rows, func() error {
		var id, moved string
		err := rows.Scan(&id, &moved)
		if now[id] = id; moved != "" {
			now[id] = moved
		}
		return err
	})
	var out []string
	for _, p := range persons {
		if s := now[p]; s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, err
}

// LinkPeople follows a human who says that the persons of a review are one, or
// that the message is about the person it names. The message is to be replayed.
func (s *Store) LinkPeople(ctx context.Context, id, reason, who string) (*Review, error) {
	return s.decideReview(ctx, id, reviewLinked, reason, who, func(t *tx, persons []string) error {
		ordered, err := s.bySeniority(ctx, t, persons)
		if err != nil {
			return err
		}
		for _, gone := range ordered[1:] {
			if err := s.mergePersons(ctx, t, gone, ordered[0], true); err != nil {
				return err
			}
		}
		return nil
	})
}

// SeparatePeople follows a human who says that the persons of a review are
// different ones: the message is about the person of its sender's own ids. They
// are never joined by a machine afterwards. The message is to be replayed.
func (s *Store) SeparatePeople(ctx context.Context, id, reason, who string) (*Review, error) {
	return s.decideReview(ctx, id, reviewSeparated, reason, who, func(t *tx, persons []string) error {
		for i, one := range persons {
			for _, other := range persons[i+1:] {
				tellApart(t, one, other)
			}
		}
		return nil
	})
}

func tellApart(t *tx, one, other string) {
	if one == other {
		return
	}
	t.put("insert into person_apart (person, other) values ($1, $2), ($2, $1) on conflict do nothing", one, other)
}

func (s *Store) decideReview(ctx context.Context, id, state, reason, who string, do func(*tx, []string) error) (r *Review, err error) {
	if err := needReason("people", reason); err != nil {
		return nil, err
	}
	err = s.inTx(ctx, func(t *tx) error {
		if r, err = review(ctx, t, id); err != nil {
			return err
		}
		n, err := t.affect(ctx, "update person_review set state = $1, decided_at = $2, who = $3, reason = $4 where id = $5 and state = 'open'", state, s.micros(), clip(who), clip(reason), r.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return gateway.Faultf("people", gateway.Conflict, fhir.Issue{Code: "conflict", Found: "a review that was decided already", Allowed: "one that is open", Fix: "see throughline people list --all"})
		}
		persons, err := survivors(ctx, t, r.Persons)
		if err != nil {
			return err
		}
		if err := do(t, persons); err != nil {
			return err
		}
		r.State = state
		return s.auditAct(ctx, t, act{who: who, action: state, typ: "Person", id: strings.Join(persons, " "), message: r.Message, outcome: "0", detail: fmt.Sprintf("%s: %s", r.ID, reason)})
	})
	if err != nil {
		return nil, s.worded(err)
	}
	return r, nil
}
