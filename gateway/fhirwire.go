package gateway

import "time"

// IDPolicy says whose ids resources have on a receiver's server.
type IDPolicy string

// OurIDs: updates create, with the ids we give. TheirIDs: the server names what
// it creates, and we remember the names.
const (
	OurIDs   IDPolicy = "ours"
	TheirIDs IDPolicy = "theirs"
)

// SmartLogin is how we prove who we are to a partner's authorization server
// (http://hl7.org/fhir/smart-app-launch/backend-services.html).
type SmartLogin struct {
	ClientID string // as the partner registered us
	TokenURL string // empty = as its discovery document says
	Scope    string // "system/Task.rs system/Patient.cruds"
	Key      string // private key: PEM, JWK or JWK set; a secret
	KeyID    string // kid of a key that has none; empty = its thumbprint
}

// Poll is what is asked of a partner's FHIR server, and how often.
type Poll struct {
	Types   []string      // resource types to look for changes of
	Every   time.Duration // never below 15 minutes on a real server (standards.md 1.3)
	Overlap time.Duration // how far each look reaches back behind the last one
	Page    int           // resources a page (_count)
	Since   time.Time     // where the first look begins; zero = at its own time
}

// Export is a bulk pull of a partner's data.
type Export struct {
	Level string        // group, patient or system
	Group string        // id of the Group, for level group
	Types []string      // empty = all
	Every time.Duration // from one kick-off to the next
}
