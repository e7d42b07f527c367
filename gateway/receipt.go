package gateway

import (
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/ledger"
)

// State of a message in the ledger of messages.
type State string

// Accepted: applied. Held: kept with its cause, waiting for a person or a
// mended mapping. Discarded: a person decided, audited.
const (
	Accepted  State = "accepted"
	Held      State = "held"
	Discarded State = "discarded"
)

// Op is what a change does to a resource.
type Op string

// Create always makes a new resource. Update and Delete name an id. Upsert
// creates or updates the resource of a business Key; Ensure creates it if
// missing and otherwise leaves it alone. Patch lays the elements of its Resource
// over the current one of its Key, ID or Where, and creates it when a Key has
// none: what the sender did not say stays.
const (
	Create Op = "create"
	Update Op = "update"
	Delete Op = "delete"
	Upsert Op = "upsert"
	Ensure Op = "ensure"
	Patch  Op = "patch"
)

// Change is one resource to be written. References inside Resource may be
// urn:uuid of another change's FullURL, a partner's own Type/id, or final.
type Change struct {
	Op       Op
	Type     string
	ID       string         // Update, Delete, Patch: the id
	FullURL  string         // how other changes of the message refer to this one
	SourceID string         // the sender's own id of it ("Patient/123"), remembered for later references
	Key      Identifier     // Upsert, Ensure, Patch: the identity, scoped by type
	Alias    []Identifier   // Upsert, Ensure, Patch: other keys of the same resource; the first that is known decides when Key is new
	Clear    []string       // Patch: elements to remove, see fhir.Overlay
	Once     []string       // Patch: elements that count only for a new resource
	Where    *search.Query  // Create: If-None-Exist; Update, Delete, Patch: criteria instead of ID
	IfMatch  int64          // version that must be current; 0 = any
	Resource *fhir.Resource // nil for Delete
	Owner    PartnerID      // whose resource a new one is; empty = the sender's
	Person   string         // key of the child, where it is known already: messages of the gateway's own only
	Shown    []string       // scopes that may see it beside whoever may anyhow; types that can be addressed only, see store
	Unnamed  string         // Unnamed(i) where facts and relations of this resource carry it; else empty
}

// unnamed starts and ends what stands for an id; no sender's id has it.
const unnamed = "\x00"

// Unnamed stands for the id of the resource of a change in facts and relations,
// where its sender gave it neither identifier nor id: the store puts the id in
// its place that it gives the resource. change is any number of the change.
func Unnamed(change int) string { return unnamed + strconv.Itoa(change) + unnamed }

// Named puts ids in the place of an Unnamed at the start of a text: ids are by
// Change.Unnamed. Other texts stay as they are.
func Named(text string, ids map[string]string) string {
	if !strings.HasPrefix(text, unnamed) {
		return text
	}
	end := strings.Index(text[1:], unnamed) + 2
	return ids[text[:end]] + text[end:]
}

// Effect is what became of one change.
type Effect struct {
	Type    string
	ID      string
	Version int64
	Verb    Verb
	Updated time.Time
	Person  string // key of the person it is about; empty = nobody
	JSON    []byte // the stored resource; nil when deleted or not loaded
}

// Verb is the past tense of an Op.
type Verb string

// What can become of a change.
const (
	Created   Verb = "created"
	Updated   Verb = "updated"
	Deleted   Verb = "deleted"
	Unchanged Verb = "unchanged" // conditional create matched, Ensure found it, same content
)

// Relation ties a child to a scope (see Scopes): who else may see the child.
// It counts once the sender itself is known to serve the child.
type Relation struct {
	Subject      string     // FullURL or reference of the Patient, or
	Member       Identifier // the member's identifier
	Scope        string
	Organization string     // reference to an Organization whose identifiers are the scopes, when Scope is empty
	Why          string     // enrollment, team, referral, authorization, submission
	Ref          string     // distinguishes rows of one Why (span start, authorization id)
	Lo, Hi       ledger.Day // inclusive period; Hi < Lo withdraws the relation
}

// LineFact is one delivered service of one member.
type LineFact struct {
	Member Identifier
	Line   ledger.Line
}

// AuthFact is one authorised item of one member.
type AuthFact struct {
	Member Identifier
	Auth   ledger.Auth
}

// SpanFact is one enrollment span of one member. Without a start (NoDay) it ends,
// on its end, the spans of that payer, and of that program if it names one, that
// are known by then and hold that day.
type SpanFact struct {
	Member Identifier
	Span   ledger.Span
}

// AdviceFact is the payer's word on lines of one member's claim. The store gives
// it to the lines it covers, those that are there and those still to come.
type AdviceFact struct {
	Member Identifier
	Advice ledger.Advice
}

// PlanFact is one version of a plan of care or a care team of one member.
type PlanFact struct {
	Member Identifier
	Plan   ledger.Plan
}

// Facts are the ledger's rows that a message brings.
type Facts struct {
	Lines   []LineFact
	Auths   []AuthFact
	Spans   []SpanFact
	Advices []AdviceFact
	Plans   []PlanFact
	Records []RecordFact
}

// Merge says that two identifiers name one child (HL7 v2 A40: MRG-1 into
// PID-3). Both go on naming the child.
type Merge struct {
	From Identifier // the one that loses: what hangs on it moves
	Into Identifier // the one that survives
}

// Mapped is what a Mapping makes of a message.
type Mapped struct {
	Name      string // mapping@version that ran
	Changes   []Change
	Facts     Facts
	Relations []Relation
	Merges    []Merge
	Issues    fhir.Issues // warnings and losses; errors make the message invalid

	Submission *Submission // a request for prior authorization
	Decisions  []Decision  // a payer's answers to such requests
}

// Receipt says that a message is in the ledger of messages, and what it did.
type Receipt struct {
	Message    *Message
	State      State
	Mapped     Mapped
	Fault      *Fault // why it is held
	Effects    []Effect
	Answer     *Answer // what was answered the first time
	Repeat     bool    // the first answer, given again
	Generation int     // 0 first time, +1 per replay
	Reply      Reply   // how the door words its answer; called once, inside the commit

	Authorizations []string  // prior authorizations that the message changed
	Payer          PartnerID // whom a submission has to reach with all it says; empty = no submission
}

// Answer is what a door sends back, kept so that a repeat gets the same bytes.
type Answer struct {
	Status   int
	Location string
	ETag     string
	Modified time.Time
	Body     []byte
	Effect   int // 1-based effect whose stored JSON is the body, when Body is nil; 0 = no body
}
