package access

import (
	"context"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Event is one look at records, or one refusal, for the audit trail. Changes
// are audited by the store in their own transaction.
type Event struct {
	At      time.Time
	Request string // id of the HTTP request
	Partner gateway.PartnerID
	Op      string       // read, vread, history, search, check, receipt
	Type    string       // resource type asked for; empty where there is none
	ID      string       // resource or message asked for; empty for searches
	Params  []string     // names of the search parameters, never their values
	Shown   []string     // "Type/id/version" of what was given out
	Code    gateway.Code // why it was refused; empty = answered
}

// Auditor keeps events. It may gather them, and must not lose them: what it
// cannot keep it reports as its own failure, and the answer is not given.
type Auditor interface {
	Audit(ctx context.Context, e Event) error
}
