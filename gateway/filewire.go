package gateway

import "time"

// SSH is how a partner's SFTP server is reached. The host is known by its keys
// alone: nothing is trusted on first use.
type SSH struct {
	Host     string // host:port
	User     string
	Key      string   // private key, PEM; a secret
	Password string   // instead of a key; a secret
	HostKeys []string // pinned: "ssh-ed25519 AAAA..." lines or "SHA256:..." fingerprints
}

// Pickup is a folder a partner puts files into.
type Pickup struct {
	Wire    string // "folder" or "sftp"
	Path    string // the folder
	Answers string // where answers to its files go
	Archive string // where files go that were taken in
	SSH     *SSH   // nil for a local folder
	Poll    time.Duration
	Ready   string // how a finished file is known: "stable" (size and time the same over two looks), "done" (NAME.done beside it), "rename" (as soon as it has a name of ours)
	Keep    time.Duration
	Files   []FileKind // by name; what none of them names is known by its content
}

// FileKind says what a file is by its name.
type FileKind struct {
	Name string // pattern of path.Match: "services*.csv"
	Kind Kind   // "csv/service", "json/*", "x12/*", "hl7v2/*", "fhir/*"
}

// X12 is how a partner and we name each other in X12 envelopes, and what is
// agreed about acknowledgements (ASC X12 5010 control segments).
type X12 struct {
	Ours    X12Party
	Theirs  X12Party
	Usage   string        // ISA15: "P" live, "T" test
	Ack     time.Duration // a 999 is due so long after sending; 0 = none is awaited
	NoAck   string        // when none came: "hold" (wait for a person) or "resend" (with new control numbers)
	Resends int           // how often it is sent again before a person is asked
}

// X12Party is one end of an interchange.
type X12Party struct {
	Qualifier string // ISA05, ISA07: "ZZ", "30", ...
	ID        string // ISA06, ISA08: at most 15 characters
	Group     string // GS02, GS03; empty = ID
}

// GroupID is the party's name in a functional group.
func (p X12Party) GroupID() string {
	if p.Group != "" {
		return p.Group
	}
	return p.ID
}
