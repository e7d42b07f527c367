package gateway

import (
	"net/netip"
	"time"
)

// PartnerKind is the part a partner plays; it decides what its data may do.
type PartnerKind string

// The kinds of product.md ("The people").
const (
	Clinic      PartnerKind = "clinic"
	EHR         PartnerKind = "ehr"
	MCO         PartnerKind = "mco"
	StateAgency PartnerKind = "state"
	Agency      PartnerKind = "agency" // care coordination agency
	Operator    PartnerKind = "operator"
)

// Identifier is a business identifier: a system URI and a value.
type Identifier struct{ System, Value string }

// Partner is one organization that sends, asks or receives. It is data from
// the configuration; nothing in the code asks for a partner by name.
type Partner struct {
	ID           PartnerID
	Name         string
	Kind         PartnerKind
	Identifiers  []Identifier // NPI, payer id, other ids by which records name this organization
	Payers       []string     // MCO: payer ids of enrollment spans and authorizations it answers for
	Programs     []string     // state, agency: the programs it oversees
	MemberSystem string       // system of member_id in its JSON and CSV records
	Zone         *time.Location
	Sends        []Kind // kinds it may send; "fhir/*" style patterns; empty = nothing
	Networks     []netip.Prefix
	Labels       []string          // sensitivity labels (v3-ActCode, 42CFRPart2) it may hold without a consent on file
	Formats      map[string]Format // by record kind: its own CSV columns and code tables
	Wants        []Want            // what it wants to receive
	Deliver      *Endpoint         // where to; nil = it collects by asking
	Receive      []Pickup          // folders we fetch its files from
	X12          *X12              // names and agreements of X12 envelopes; nil = none are exchanged
	TestDeliver  *Endpoint         // where deliveries of test traffic go; nil = they are kept
	Export       *Export           // what is pulled from its FHIR server in bulk; nil = nothing
	Poll         *Poll             // what is asked of its FHIR server; nil = nothing
	RatePerMin   int               // requests a minute; 0 = the default
	PAS          PAS               // how it speaks Da Vinci PAS
	HL7          *HL7              // how it is known and answered on the HL7 v2 wire; nil = not at all
}

// PAS is a partner's profile of Da Vinci Prior Authorization Support.
type PAS struct {
	Version      string        // "2.0.1" or "2.2.1"; empty = 2.0.1
	Subscribe    bool          // payer: what becomes of pended requests is subscribed to at its server, where that offers it
	InquireEvery time.Duration // payer: how long a pended request is left alone before it is asked about; 0 = 6 hours, or not at all while subscribed
}

// HL7 is what a partner's HL7 v2 messages are known by, and how ours to it are
// written (HL7 v2.5.1 chapter 2, MSH).
type HL7 struct {
	Applications []string          // its MSH-3 (first component); empty = any
	Facilities   []string          // its MSH-4 (first component); empty = any
	Certificates []string          // its client certificates: SHA-256 fingerprints in hex, or "cn:" and a common name
	Processing   []string          // MSH-11 that are taken in: P, T, D
	Version      string            // MSH-12 of what it gets
	Charset      string            // MSH-18 of what it gets, and of what it sends without one; a name of table 0211
	Systems      map[string]string // assigning authority (CX-4.1) -> system URI of its identifiers
}

// Format maps a partner's own columns and codes to ours.
type Format struct {
	Version string
	Columns map[string]string            // our column -> theirs
	Codes   map[string]map[string]string // our column -> their code -> ours
	Earlier []Format                     // what it was before: a replay may pin one
}

// Want selects resources for delivery.
type Want struct {
	Types      []string // FHIR resource types
	Own        bool     // also what the partner sent itself; default no
	EveryOwner bool     // of findings (DetectedIssue) also those whose next step is somebody else's; default no
}

// Endpoint is where deliveries go.
type Endpoint struct {
	Wire         string // "fhir" (REST), "webhook", "mllp", "files" (local folder) or "sftp"
	URL          string
	Path         string   // the folder of files and sftp
	Format       string   // how files are written: "json", "csv", "fhir" or "x12"
	SSH          *SSH     // of sftp
	Token        string   // bearer token (fhir); a secret
	Secrets      []string // webhook signing secrets, newest first
	Deduplicates bool     // the receiver honours Idempotency-Key or identity
	Timeout      time.Duration
	Cert         string      // PEM file of our client certificate (mllp); empty = none
	CertKey      string      // PEM file of its key
	CA           string      // PEM file of who signs the receiver's; empty = the system's
	Login        *SmartLogin // fhir: SMART Backend Services in place of Token
	IDs          IDPolicy    // fhir: whose ids resources have there; empty = as its metadata says
}

// KeepWire is the wire of a partner without a test endpoint, in the world of
// test traffic: its deliveries are planned and kept, and never sent.
const KeepWire = "keep"

// Caller is who asks, as far as authorization needs to know: the scopes its
// configuration gives it. Every SQL read takes one.
type Caller struct {
	Partner PartnerID
	Kind    PartnerKind
	Scopes  []string // see Scopes
	Labels  uint64   // bits of the labels it may see, see LabelBits
}

// Caller is the partner's own view of the data.
func (p *Partner) Caller() Caller {
	return Caller{Partner: p.ID, Kind: p.Kind, Scopes: Scopes(p), Labels: LabelMask(p.Labels)}
}

// Scopes are the handles by which data relates to this partner: itself, its
// identifiers, its payers, its programs. Relations in the store are rows of
// (person, scope, period), so a change of configuration takes effect at once.
func Scopes(p *Partner) []string {
	out := []string{ScopePartner(p.ID)}
	for _, id := range p.Identifiers {
		out = append(out, ScopeIdentifier(id))
	}
	for _, payer := range p.Payers {
		out = append(out, ScopePayer(payer))
	}
	for _, program := range p.Programs {
		out = append(out, ScopeProgram(program))
	}
	return out
}

// ScopePartner relates a child to a partner by its own submission.
func ScopePartner(id PartnerID) string { return "partner:" + string(id) }

// ScopeIdentifier relates a child to whoever holds the identifier.
func ScopeIdentifier(id Identifier) string { return "id:" + id.System + "|" + id.Value }

// ScopePayer relates a child to the payer of an enrollment span.
func ScopePayer(payer string) string { return "payer:" + payer }

// ScopeProgram relates a child to a program it is enrolled in.
func ScopeProgram(program string) string { return "program:" + program }

// NPI is the system of national provider identifiers.
const NPI = "http://hl7.org/fhir/sid/us-npi"
