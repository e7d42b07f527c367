package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/throughline/throughline/ledger"
)

// Origins of findings: the rules of programs, and the three sides of the night.
const (
	FromRules = "rules"
	FromNight = "night"
)

// The states of a finding.
const (
	FindingOpen   = "open"
	FindingWaived = "waived"
	FindingClosed = "closed"
)

// Found is something that is not in order, as one run sees it. It names records
// and codes, never a person by name.
type Found struct {
	Origin    string
	Rule      string // of the pack, or the night's kind of finding
	Kind      string // kind of the rule; the night's kind of finding
	Program   string
	Person    string    // the child's key, opaque outside the store; empty = staff, or the program
	Partner   PartnerID // who sent the record; empty = nobody
	Record    string
	Item      string // part of the record; empty = the whole
	Force     string // required, recommended, permitted; the night's are required
	Violation bool
	Owner     string // who takes the next step
	Reason    string // plain words
	Cites     string // title and section of the source
	DueDays   int64  // within which it is to be mended; 0 = no date
}

// Key tells whether it is the same finding as another day's: reason, force and
// owner may change, rule, program, person, record and item may not. It begins as the
// child's key does: what is found child by child lies side by side in every index, and
// a run over many children does not write all over the database.
func (f *Found) Key() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Origin, f.Rule, f.Program, f.Person, string(f.Partner), f.Record, f.Item}, "\x00")))
	child := f.Person[:min(keyChild, len(f.Person))]
	return child + hex.EncodeToString(sum[:16])[len(child):]
}

// keyChild is how much of the child's key the key of a finding begins with.
const keyChild = 8

// nextSteps says what ends a finding, by kind of the night's.
var nextSteps = map[string]string{
	string(ledger.AuthorizedNotDelivered): "begin the service, or report what was delivered; ask for less if it is not needed",
	string(ledger.AuthorizedNotPlanned):   "put the service into the plan of care, or ask the payer to end the authorization",
	string(ledger.CountDiffers):           "compare the claims that each side has counted, and send what is missing or void what is too much",
	string(ledger.NoPlan):                 "write the plan with the team, and send it",
	string(ledger.NoTeam):                 "form the child and family team, and send it",
	string(ledger.PlannedNotAuthorized):   "ask the payer for an authorization, or change the plan with the team",
	string(ledger.PlannedNotDelivered):    "begin the service, or report what was delivered; change the plan with the team if it is not wanted",
	string(ledger.ServiceGap):             "find out why the service has stopped, and begin it again or step down",
}

// Next says what ends the finding.
func (f *Found) Next() string {
	if next, ok := nextSteps[f.Kind]; ok && f.Origin == FromNight {
		return next
	}
	return "do what the rule asks for, and send the record again"
}

// Finding is one opening of a finding, from the day it was seen first to the
// day the data closed it.
type Finding struct {
	ID      string
	Opening int // 1 = never seen before
	Found
	State     string
	Opened    ledger.Day
	OpenedRun string
	Due       ledger.Day // by which it is to be mended, inclusive; zero = no date
	Seen      ledger.Day // last
	SeenRun   string
	Closed    ledger.Day // zero while it is true
	ClosedRun string
	WaivedTo  ledger.Day // inclusive; zero = never waived
	WaivedBy  string
	WaivedWhy string
}

// FindingRun is a run whose findings are taken over.
type FindingRun struct {
	Origin  string
	ID      string
	AsOf    ledger.Day
	Program string // only the findings of this program; empty = all
}

// Overdue says whether it was to be mended before a day and is still open.
func (f *Finding) Overdue(today ledger.Day) bool {
	return f.State == FindingOpen && f.Due != 0 && f.Due < today
}

// FindingTally is what a run has changed.
type FindingTally struct {
	Seen     int64 `json:"seen"`
	Opened   int64 `json:"opened"`
	Closed   int64 `json:"closed"`
	Reopened int64 `json:"reopened"` // their waiver had run out
}

// FindingFilter narrows a list; empty fields do not.
type FindingFilter struct {
	State, Origin, Program, Rule, Kind, Owner string
	Person                                    string     // the child's key
	True                                      bool       // open or waived: all that the last run has seen
	OpenedBy                                  ledger.Day // opened on that day or before; zero = any
	DueBy                                     ledger.Day // due on that day or before; zero = any, also without a date
	Violations                                bool
	Nearest                                   bool // those due first come first, those without a date last; else the oldest first
}

// FindingTotal counts the findings of one rule.
type FindingTotal struct {
	Origin     string `json:"origin"`
	Program    string `json:"program"`
	Rule       string `json:"rule"`
	Kind       string `json:"kind"`
	Force      string `json:"force"`
	Open       int64  `json:"open"`
	Violations int64  `json:"violations"` // of the open ones
	Waived     int64  `json:"waived"`
	Closed     int64  `json:"closed"`
}

// FindingEvent is one change of state of a finding.
type FindingEvent struct {
	No    int
	State string // that it came into
	Day   ledger.Day
	Run   string // that changed it; empty = a person did
	At    time.Time
	Until ledger.Day // of a waiver
	Who   string     // of a waiver
	Why   string     // of a waiver
}

// Waiver lets a finding rest.
type Waiver struct {
	ID     string
	Caller *Caller    // nil = whoever runs the gateway
	To     ledger.Day // inclusive
	Today  ledger.Day
	Reason string
	Who    string
}
