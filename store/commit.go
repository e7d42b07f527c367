package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Commit writes one receipt in one transaction: people, resources, search rows,
// facts, relations, effects, audit, the answer and the inbox row. It returns
// after COMMIT did (protocol.md R1). A repeat returns the first receipt.
func (s *Store) Commit(ctx context.Context, r *gateway.Receipt) (*gateway.Receipt, error) {
	out, err := s.commits.do(ctx, func(ctx context.Context, t *tx) (*gateway.Receipt, error) {
		return s.apply(ctx, t, r)
	})
	return s.settleDoubt(r.Message, out, err)
}

// Recommit applies a held message again with a new receipt, compare-and-set on
// the generation the caller has seen.
func (s *Store) Recommit(ctx context.Context, r *gateway.Receipt) (*gateway.Receipt, error) {
	out, err := s.commits.do(ctx, func(ctx context.Context, t *tx) (*gateway.Receipt, error) {
		again := *r
		again.Generation++
		n, err := t.affect(ctx, "update inbox set generation = generation + 1 where id = $1 and generation = $2", r.Message.ID, r.Generation)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, mismatch("message", "a message that was replayed meanwhile", "read it again")
		}
		return s.applyNew(ctx, t, &again)
	})
	return s.settleDoubt(nil, out, err)
}

// settleDoubt words an error for the caller. COMMIT may have given no reply: the
// message is looked up on a new connection first (protocol.md R5).
func (s *Store) settleDoubt(m *gateway.Message, out *gateway.Receipt, err error) (*gateway.Receipt, error) {
	var fault *gateway.Fault
	switch {
	case err == nil:
		return out, nil
	case errors.As(err, &fault):
		return nil, s.keepQuarantine(context.Background(), err)
	}
	if r := s.lookUp(m); r != nil {
		return r, nil
	}
	return nil, s.worded(err)
}

// lookUp finds a message whose COMMIT is in doubt: by its key, or by its id
// which is the key of one that has none. It is a repeat only when another
// message was first.
func (s *Store) lookUp(m *gateway.Message) *gateway.Receipt {
	if m == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	sought := *m
	sought.Key = cmp.Or(m.Key, string(m.ID))
	r, err := s.recallWith(ctx, s.reading(), &sought)
	if err != nil || r == nil {
		return nil
	}
	r.Repeat = r.Message.ID != m.ID
	return r
}

// worded makes a fault of what the database said: Busy when the same again may
// do, which is also what a database that is away is.
func (s *Store) worded(err error) error {
	var fault *gateway.Fault
	switch {
	case err == nil, errors.As(err, &fault):
		return err
	case s.dialect.busy(err):
		return inFlight(err)
	case s.dialect.away(err), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return busy(err)
	}
	return &gateway.Fault{Op: "commit", Code: gateway.Internal, Err: err}
}

// apply is the transaction of one message.
func (s *Store) apply(ctx context.Context, t *tx, r *gateway.Receipt) (*gateway.Receipt, error) {
	if first, err := s.recallIn(ctx, t, r.Message); first != nil || err != nil {
		return first, err
	}
	return s.applyNew(ctx, t, r)
}

func (s *Store) applyNew(ctx context.Context, t *tx, r *gateway.Receipt) (*gateway.Receipt, error) {
	a := &applying{s: s, t: t, r: r, now: s.Now().UTC().Truncate(time.Millisecond), caller: s.Policy.Caller(r.Message.Partner),
		fresh: map[string]bool{}, urls: map[string]fhir.Ref{}, people: map[gateway.Identifier]string{}, byRef: map[string]string{}, known: map[string]bool{}, foreign: map[string]string{},
		patients: map[*fhir.Resource]*identified{}, set: map[gateway.Identifier]*identified{}}
	if r.State == gateway.Accepted {
		sharePeople(t)
		if err := a.identify(ctx); err != nil {
			return nil, err
		}
	}
	steps := []func(context.Context) error{a.authorize, a.subjects, a.merge, a.order, a.targets, a.references, a.write, a.address, a.acceptances, a.relate, a.facts, a.records, a.authorized, a.record}
	if len(a.doubts) > 0 {
		steps = []func(context.Context) error{a.hold, a.order, a.record}
	} else if r.State != gateway.Accepted {
		steps = []func(context.Context) error{a.order, a.record}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return a.out, nil
}

// applying is one receipt on its way through one transaction.
type applying struct {
	s      *Store
	t      *tx
	r      *gateway.Receipt
	caller gateway.Caller
	now    time.Time
	seq    int64

	plans   []planned
	fresh   map[string]bool               // persons this message made
	known   map[string]bool               // persons the sender is known to serve
	people  map[gateway.Identifier]string // member identifier -> person
	byRef   map[string]string             // Patient reference -> person
	urls    map[string]fhir.Ref           // full urls and own ids of this message
	foreign map[string]string             // the sender's own references -> ours
	effects []gateway.Effect
	out     *gateway.Receipt

	auths          []*authorizing // prior authorizations that are changed
	ownFacts       int            // facts at the end of the list that follow from them
	authorizations []string
	payer          gateway.PartnerID

	patients map[*fhir.Resource]*identified
	set      map[gateway.Identifier]*identified // ids that a human said name somebody else here
	decision string                             // what a human said about this message; "" = nothing
	doubts   []doubt
	moved    [][2]string // persons that became others
}

// planned is one change with its target.
type planned struct {
	*gateway.Change
	person string
	id     string
	old    *row // the version that is current; nil when new
	skip   bool // nothing to write: matched, ensured, already deleted
}

// order locks the lanes of all persons of the message and takes its number.
func (a *applying) order(ctx context.Context) error {
	var persons []string
	for i := range a.plans {
		if p := a.plans[i].person; p != "" && !a.fresh[p] {
			persons = append(persons, p)
		}
	}
	slices.Sort(persons)
	seq, err := a.s.dialect.order(ctx, a.t, slices.Compact(persons))
	a.seq = seq
	return err
}

// facts hands the ledger's rows over. Rows of a Patient that the sender may not
// name stay out: the mapping has said so in its issues.
func (a *applying) facts(ctx context.Context) error {
	f := a.r.Mapped.Facts
	f.Lines = slices.DeleteFunc(slices.Clone(f.Lines), func(l gateway.LineFact) bool { return a.people[l.Member] == "" })
	f.Auths = slices.DeleteFunc(slices.Clone(f.Auths), func(l gateway.AuthFact) bool { return a.people[l.Member] == "" })
	f.Spans = slices.DeleteFunc(slices.Clone(f.Spans), func(l gateway.SpanFact) bool { return a.people[l.Member] == "" })
	f.Advices = slices.DeleteFunc(slices.Clone(f.Advices), func(l gateway.AdviceFact) bool { return a.people[l.Member] == "" })
	f.Plans = slices.DeleteFunc(slices.Clone(f.Plans), func(l gateway.PlanFact) bool { return a.people[l.Member] == "" })
	a.nameFacts(&f)
	if len(f.Lines)+len(f.Auths)+len(f.Spans)+len(f.Advices)+len(f.Plans) == 0 {
		return nil
	}
	return a.s.putFacts(ctx, a.t, a.r.Message.Partner, a.people, f)
}
