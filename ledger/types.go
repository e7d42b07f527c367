package ledger

// A Case is everything the law needs to know about one child: the raw rows as
// they were received, every version of them that is visible at the watermark.
// Settle picks the versions in force itself, so the answer depends on the data
// only, never on the order in which the rows arrived in the slices.
type Case struct {
	Member string // the person's key; opaque to the law
	Lines  []Line
	Auths  []Auth
	Spans  []Span
	Plans  []Plan // plans of care and care teams
}

// Line is one received row of a delivered service (ledger.md, table "service").
// Its key is (Partner, ID); a later received row of the same key replaces it.
type Line struct {
	Partner    string
	ID         string
	ClaimID    string
	Provider   string // NPI, or the payer's own id
	Code       string // HCPCS/CPT
	Modifiers  string // as sent; separated by blanks or ':'
	Date       Day    // NoDay when DateText is not a calendar date
	DateText   string // as sent, kept for impossible dates
	Units      Decimal
	Unit       string // empty = same as the authorization's
	Frequency  int    // 1 original, 7 replacement, 8 void (CLM05-3)
	Replaces   string // a line id, or a claim id and so all its lines
	Source     string // claim, encounter, visit log; empty = claim
	Auth       string // authorization named by the line, may be empty
	VisitID    string
	StartTime  string
	DenialCode string // reason of the payer's 835 denial; empty = not denied
	Received   Stamp  // received time as sent (data); zero = not stated
	Seq        int64  // order of arrival: the commit that made it known
	Foreign    bool   // belongs to another member; here only because its chain of replacements crosses into this case
}

// Auth is one received version of an authorization, one per authorised item
// (table "authorization"). Key (Partner, ID).
type Auth struct {
	Partner   string
	ID        string
	Provider  string // empty = any
	Code      string
	Modifiers string
	Start     Day
	End       Day // Forever when open
	Units     int64
	Unit      string
	Status    Status
	CapPeriod CapPeriod
	CapUnits  int64
	Program   string
	Payer     string  // empty fits any
	Pending   int64   // units held by scheduled services, if any
	Counted   int64   // units used by the payer's own count, when CountedTo is set
	CountedTo Day     // the last date of service in that count; 0 = the payer has not said
	Continues AuthKey // of a continuation: the authorization that an open appeal keeps alive (see ContinuedBenefits); only dates and status are its own
	Level     Day     // of a continuation: the day before the decision that is appealed
	Received  Stamp
	Seq       int64
	Foreign   bool // this version of the key belongs to another member; it only hides older versions here
}

// TakesPart says whether the decision pays for services at all.
func (a *Auth) TakesPart() bool { return a.Status == Approved || a.Status == Partial }

// Key is the authorization's key.
func (a *Auth) Key() AuthKey { return AuthKey{a.Partner, a.ID} }

// Span is one received version of an enrollment (table "enrollment"). Key
// (member, Payer, Program, Start). End < Start retracts it.
type Span struct {
	Partner  string
	Payer    string
	Program  string
	Start    Day
	End      Day
	County   string // of residence, as the sender names it; empty = not stated. The law does not ask for it
	Received Stamp
	Seq      int64
}

// Status of an authorization decision.
type Status string

// The status words of the default tables.
const (
	Approved  Status = "approved"
	Partial   Status = "partial" // units = the authorised quantity; takes part
	Pended    Status = "pended"
	Denied    Status = "denied"
	Cancelled Status = "cancelled"
)

// CapPeriod is the window in which CapUnits limits an authorization.
type CapPeriod string

// Windows: the calendar day, the Monday-to-Sunday week, the calendar month.
const (
	NoCap    CapPeriod = ""
	CapDay   CapPeriod = "day"
	CapWeek  CapPeriod = "week"
	CapMonth CapPeriod = "month"
)

// Verdict is the law's word on one line.
type Verdict string

// All verdicts, in the order in which the law gives them.
const (
	Replaced        Verdict = "replaced"
	Voided          Verdict = "voided"
	Void            Verdict = "void"
	UnknownOriginal Verdict = "unknown_original"
	InvalidLine     Verdict = "invalid_line"
	DeniedLine      Verdict = "denied"
	UnknownUnit     Verdict = "unknown_unit"
	Duplicate       Verdict = "duplicate"
	NotEnrolled     Verdict = "not_enrolled"
	Matched         Verdict = "matched"
	OverCap         Verdict = "over_cap"
	Exhausted       Verdict = "exhausted"
	WrongPayer      Verdict = "wrong_payer"
	WrongProvider   Verdict = "wrong_provider"
	OutsidePeriod   Verdict = "outside_period"
	WrongModifier   Verdict = "wrong_modifier"
	WrongCode       Verdict = "wrong_code"
	NoAuthorization Verdict = "no_authorization"
)

// AuthKey names one authorization: ids are scoped by the partner that sent them.
type AuthKey struct{ Partner, ID string }

// Split is what one authorization gave to one line.
type Split struct {
	Auth  AuthKey
	Units int64
}

// LineVerdict is the law's answer for one line of the case (the version in
// force of each line key; foreign rows get none).
type LineVerdict struct {
	Line    *Line
	Verdict Verdict
	Units   Decimal  // as sent
	Matched int64    // in the authorization's unit
	Splits  []Split  // in the order they gave; empty when nothing was given
	Needed  int64    // units asked, converted to the authorization's unit; 0 where the line was not settled
	Nearest AuthKey  // the authorization the nearest miss names, else zero
	Flags   []string // sorted; shared between lines, never write to it
	because because  // what Reason needs
}

// Use is the state of one authorization as of D. Only Used and Last are facts;
// everything else is derived by its methods from the authorization and D.
type Use struct {
	Auth *Auth
	Used int64
	Last Day // last service it paid, NoDay when none
}

// Result is everything Settle has to say about one case.
type Result struct {
	Lines []LineVerdict // ordered by line id, then partner
	Uses  []Use         // ordered by authorization id, then partner
	Found []Finding     // what the three sides do not agree on, ordered by kind, record and item
}
