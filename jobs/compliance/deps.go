package compliance

import (
	"context"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
)

// Records are the records behind the rules.
type Records interface {
	Known(ctx context.Context) (int64, error)
	StreamRecords(ctx context.Context, lo, hi int, known int64, f func(person string, records []gateway.StoredRecord) error) error
	StreamEnrolled(ctx context.Context, lo, hi int, known int64, f func(person string, span ledger.Span) error) error
	StreamDecisions(ctx context.Context, lo, hi int, known int64, f func(person string, a ledger.Auth) error) error
	StaffRecords(ctx context.Context, known int64) ([]gateway.StoredRecord, error)
	Resources
}

// Resources are what stands in FHIR behind the records of children and staff that
// were not sent as records.
type Resources interface {
	StreamResources(ctx context.Context, bucket int, known int64, f func(person string, rs []gateway.StoredResource) error) error
	StaffResources(ctx context.Context, known int64) ([]gateway.StoredResource, error)
	NamedResources(ctx context.Context, refs []string, known int64) ([]gateway.StoredResource, error)
}

// Nights are the runs of the reconciliation.
type Nights interface {
	LastRun(ctx context.Context) (*ledger.Run, error)
	EachFinding(ctx context.Context, run *ledger.Run, f func(*ledger.FindingRow) error) error
}

// Findings keep what is found; one process at a time follows an origin.
type Findings interface {
	FollowFindings(ctx context.Context, run gateway.FindingRun, each func(see func(*gateway.Found) error) error) (*gateway.FindingTally, error)
	FindingPeriods(ctx context.Context, program string, from, to ledger.Day) ([]gateway.FindingPeriod, error)
	Findings(ctx context.Context, c *gateway.Caller, filter gateway.FindingFilter, p gateway.Paging) ([]*gateway.Finding, string, error)
}

// Deps are what the job works with; the store is all three.
type Deps struct {
	Records  Records
	Nights   Nights
	Findings Findings
	Packs    []*program.Pack
	Month    func(ctx context.Context, m *gateway.FindingMonth) error // takes the totals of a program's month; nil = nobody wants them
}
