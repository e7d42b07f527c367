package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrLostPart says that a part's lease ran out and somebody else has the part,
// or has done it: what this worker found is thrown away (protocol.md R6).
var ErrLostPart = errors.New("the part of the run belongs to somebody else by now")

// RunSpec fixes what a run sees: the as-of date, the watermark K and the rules.
// Equal specs give equal bytes.
type RunSpec struct {
	AsOf  Day
	Known int64  // facts up to this number of the commit order; 0 = not chosen yet
	Rules string // Rules.Version
	Zone  string // the program's zone, for the reader of the report

	// How to get there; none of it changes the answer, so none is in the ID.
	Since string // build on a full run of the same day and rules: SinceLast or its id; empty = judge every child
	Full  bool   // judge every child even if a run that builds on another stands
}

// SinceLast builds on the newest full run there is.
const SinceLast = "last"

// ID is the hash of the spec.
func (s RunSpec) ID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "as of %d known at %d rules %s", s.AsOf, s.Known, s.Rules))
	return hex.EncodeToString(sum[:8])
}

// Run is one reconciliation of every child.
type Run struct {
	RunSpec
	ID        string
	No        int // names the run inside one store
	Parts     int
	Published bool
	Joined    bool // begun before, by this or another process
	Resumed   bool // nobody was at it when it was joined: whoever began it has died
	Summary   *Summary

	// A run that builds on a full one judges only the children whose facts have
	// changed since: what the base says of the others stands.
	Base      int    // No of the full run; 0 = this is one
	BaseKnown int64  // what the base has seen
	Why       string // why every child is judged although Since was asked for
}

// Part is a range of member buckets of a run, claimed by one worker.
type Part struct {
	Run    *Run
	No     int
	Lo, Hi int    // buckets, both inclusive
	Token  string // of the claim: who has lost it writes nothing
}

// Summary is what a finished run has to say in one page.
type Summary struct {
	Run         string  `json:"run"`
	AsOf        string  `json:"as_of"`
	Known       int64   `json:"known"`
	Rules       string  `json:"rules"`
	Zone        string  `json:"zone"`
	Inputs      []Input `json:"inputs"`
	RowsStored  int64   `json:"rows_stored"`  // service rows up to K, counted by the store
	VerdictRows int64   `json:"verdict_rows"` // verdicts written, counted by the store
	Tally
}

// Input is a file that was imported in full by K.
type Input struct {
	Partner string `json:"partner"`
	Kind    string `json:"kind"`
	SHA256  string `json:"sha256"`
	Rows    int64  `json:"rows"`
	Bad     int64  `json:"bad"`
}

// Balanced says that nothing was lost and nothing doubled: every row that the
// store holds was read once, and every row read has one verdict or is an older
// version of one that has.
func (s *Summary) Balanced() bool {
	return s.RowsStored == s.RowsIn && s.RowsIn == s.RowsOut+s.Superseded && s.RowsOut == s.VerdictRows
}

// VerdictRow is the verdict of one line as a run keeps it.
type VerdictRow struct {
	Partner, ID string
	Verdict     Verdict
	Units       Decimal
	Matched     int64
	Auths       int // authorizations that gave
	First       AuthKey
	Flags       string // separated by blanks
	Reason      string
	Known       int64 // the version of the line that was judged
}

// SplitRow is a part of a line that two or more authorizations paid.
type SplitRow struct {
	Partner, ID string // the line
	Split
}
