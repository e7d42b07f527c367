package api

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// Deps is all the API needs. Base, Gateway, Reader, Receipts, Cases, Guard and
// Audit must be set; the others have defaults.
type Deps struct {
	Base     string // public URL of this server without a path: "https://gateway.example.org"
	Version  string // of the program, for the CapabilityStatement
	Gateway  Gateway
	Reader   Reader
	Receipts Receipts
	Cases    Cases
	Files    Files // nil = no files are taken in by HTTP
	Guard    access.Guard
	Audit    access.Auditor
	Rules    *ledger.Rules    // what the law needs for authorization checks; nil = ledger.DefaultRules()
	MaxBody  int              // bytes of a request body after decompression; 0 = 5 MB
	Now      func() time.Time // nil = time.Now
	Log      *slog.Logger     // nil = slog.Default()

	Links Links  // one-time links of receivers without a system; nil = none
	Keys  []byte // JWK set of the public keys we sign with; nil = an empty set

	Authorizations Authorizations                                         // nil = no operations of Da Vinci PAS
	Subscriptions  Subscriptions                                          // nil = no topic-based subscriptions
	Payers         func(insurer []gateway.Identifier) []gateway.PartnerID // who answers for an insurer
	Hints          Listener                                               // nil = who waits looks by itself
	HookNetworks   []netip.Prefix                                         // private networks that subscribers may have endpoints in
	DecisionWait   time.Duration                                          // how long $submit waits for the payer; 0 = 15 s

	Ready   []Check               // what /readyz asks
	Metrics prometheus.Gatherer   // what /metrics shows; nil = nothing
	Meter   prometheus.Registerer // where the API registers its own metrics; nil = nowhere
}

// Gateway takes messages in. reply words the answer inside the commit.
type Gateway interface {
	Receive(ctx context.Context, m *gateway.Message, reply gateway.Reply) (*gateway.Receipt, error)
}

// Reader reads records as one caller may see them. What is absent and what is
// not visible give the same Fault NotFound; a deleted record gives Gone.
type Reader interface {
	Read(ctx context.Context, c gateway.Caller, typ, id string) (*gateway.Stored, error)
	ReadVersion(ctx context.Context, c gateway.Caller, typ, id string, version int64) (*gateway.Stored, error)
	// History pages through the versions of one record, or of a type when id is empty, newest first.
	History(ctx context.Context, c gateway.Caller, typ, id, cursor string, count int) (*gateway.Page, error)
	Search(ctx context.Context, c gateway.Caller, q *search.Query) (*gateway.Page, error)
}

// Receipts shows a caller its own messages.
type Receipts interface {
	Receipt(ctx context.Context, c gateway.Caller, id gateway.MessageID) (*gateway.Receipt, error)
}

// Cases loads what the law needs to know about one child, as far as the caller
// may ask about it.
type Cases interface {
	CaseOf(ctx context.Context, c gateway.Caller, member gateway.Identifier) (*ledger.Case, error)
	CaseOfAuth(ctx context.Context, c gateway.Caller, key ledger.AuthKey) (*ledger.Case, error)
}

// Check is one named condition of readiness.
type Check struct {
	Name string
	Ask  func(ctx context.Context) error // nil = ready
	Note bool                            // what it says is worth knowing, and no reason not to be ready
}
