package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/ledger"
)

// Itself is the gateway as the sender of its own messages. No partner of the
// configuration can have this id.
const Itself PartnerID = "throughline"

// AsPartner is the gateway as a partner: it sends news of findings, and nothing
// is sent to it.
func AsPartner() *Partner {
	return &Partner{ID: Itself, Name: "Throughline", Kind: Operator, Sends: []Kind{"finding/*"}}
}

// FindingSystem is the system of the ids of findings, one for each opening.
const FindingSystem = "urn:throughline:finding"

// FindingNews is one change of state of a finding, as it is told: the body of a
// message of the gateway's own.
type FindingNews struct {
	ID        string     `json:"id"`
	No        int        `json:"no"`    // of the change
	State     string     `json:"state"` // since the change
	Day       ledger.Day `json:"day"`
	Run       string     `json:"run"`
	Until     ledger.Day `json:"until"` // of a waiver
	Who       string     `json:"who"`
	Why       string     `json:"why"`
	Origin    string     `json:"origin"`
	Rule      string     `json:"rule"`
	Kind      string     `json:"kind"`
	Program   string     `json:"program"`
	Person    string     `json:"person"` // the child's key
	Member    Identifier `json:"member"` // of the child; empty = none that every partner shares
	Partner   PartnerID  `json:"partner"`
	Record    string     `json:"record"`
	Item      string     `json:"item"`
	Force     string     `json:"force"`
	Violation bool       `json:"violation"`
	Owner     string     `json:"owner"`
	Reason    string     `json:"reason"`
	Cites     string     `json:"cites"`
	Opened    ledger.Day `json:"opened"`
	Due       ledger.Day `json:"due,omitzero"` // zero = no date
	Next      string     `json:"next"`
}

// findingRoles says which kinds of partners own the next step that is an
// owner's, as FindingKind writes it.
var findingRoles = map[Kind][]PartnerKind{
	"finding/coordinator-agency": {Agency},
	"finding/clinic":             {Clinic, EHR},
	"finding/mco":                {MCO},
	"finding/state":              {StateAgency},
	"finding/operator":           {Operator},
}

// FindingTotals is the kind of a month's totals.
const FindingTotals Kind = "finding/totals"

// FindingKind is the kind of news for an owner.
func FindingKind(owner string) Kind {
	return Kind("finding/" + strings.ReplaceAll(strings.ToLower(owner), " ", "-"))
}

// OwnsFinding says whether partners of a kind take the next step on findings
// with this owner.
func OwnsFinding(k PartnerKind, owner string) bool {
	return slices.Contains(findingRoles[FindingKind(owner)], k)
}

// Message is the news on its way through the gateway's own door. The change has
// one key: told twice it is known again.
func (n *FindingNews) Message() (*Message, error) {
	body, err := json.Marshal(n, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return &Message{Partner: Itself, Channel: "findings", Kind: FindingKind(n.Owner), Key: fmt.Sprintf("%s#%d", n.ID, n.No), Body: body}, nil
}

// Untold are the changes of findings that nobody was told of yet.
type Untold interface {
	// UntoldFindings are the oldest of them, those of one finding in order.
	UntoldFindings(ctx context.Context, limit int) ([]FindingNews, error)
	// ToldFinding marks one.
	ToldFinding(ctx context.Context, id string, no int) error
}

// Tell makes a message of every change of a finding: from there it goes as all
// messages do, into FHIR and into the lanes of whoever wants it and may have it.
// A crash before the mark tells again, by the same key (protocol.md R4).
type Tell struct {
	Changes Untold
	Leases  Leases
	Gateway *Gateway
	Holder  string
	Sweep   time.Duration // 0 = 5 s
	Log     *slog.Logger
}

// tellPage is how many changes are read at once.
const tellPage = 200

// Run tells until ctx ends.
func (s *Tell) Run(ctx context.Context) error {
	tick := time.NewTicker(cmp.Or(s.Sweep, 5*time.Second))
	defer tick.Stop()
	for {
		if err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("findings", "op", "tell", "code", FaultOf(err).Code, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once tells all that waits, unless another instance does.
func (s *Tell) Once(ctx context.Context) error {
	for {
		news, err := s.Changes.UntoldFindings(ctx, tellPage)
		if err != nil || len(news) == 0 {
			return err
		}
		if ok, err := s.Leases.Lease(ctx, "findings", s.Holder, LeaseFor); err != nil || !ok {
			return err
		}
		for i := range news {
			if err := s.tell(ctx, &news[i]); err != nil {
				return err
			}
		}
	}
}

// tell takes one change in. What cannot be mapped is held for a person, as every
// message is, and does not stop the others.
func (s *Tell) tell(ctx context.Context, n *FindingNews) error {
	m, err := n.Message()
	if err != nil {
		return err
	}
	if _, err = s.Gateway.Receive(ctx, m, nil); err != nil {
		fault := FaultOf(err)
		if fault.Code != Invalid && fault.Code != Malformed {
			return err
		}
		if err := s.Gateway.Hold(ctx, m, fault); err != nil {
			return err
		}
	}
	return s.Changes.ToldFinding(ctx, n.ID, n.No)
}

// FindingMonth is what became of a program's findings in a month, as it stood on
// a day of it.
type FindingMonth struct {
	Program   string          `json:"program"`
	From      ledger.Day      `json:"from"`
	To        ledger.Day      `json:"to"` // last of the month
	AsOf      ledger.Day      `json:"as_of"`
	Totals    []FindingPeriod `json:"totals"`
	Decisions *DecisionCount  `json:"decisions,omitempty"` // as they stood on the day, small numbers held back; nil = nothing was decided
}

// MonthKey is the identifier of a program's month.
func MonthKey(program string, first ledger.Day) Identifier {
	return Identifier{System: FindingSystem + ":month", Value: program + "/" + first.String()}
}

// FindingPeriod counts the findings of one rule in a period.
type FindingPeriod struct {
	Origin  string `json:"origin"`
	Program string `json:"program"`
	Rule    string `json:"rule"`
	Force   string `json:"force"`
	Open    int64  `json:"open"`   // at its end, without those that rest
	Waived  int64  `json:"waived"` // at its end
	Opened  int64  `json:"opened"`
	Closed  int64  `json:"closed"`
}

// Message is the month on its way through the gateway's own door: the same
// figures have the same key.
func (m *FindingMonth) Message() (*Message, error) {
	body, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	out := &Message{Partner: Itself, Channel: "findings", Kind: FindingTotals, Body: body}
	out.Key = fmt.Sprintf("%s#%s#%s", m.Program, m.AsOf, out.Sum()[:32])
	return out, nil
}
