package config

import (
	"net/netip"
	"time"
)

// document is a configuration as it is written: the union of all its files,
// the environment and the flags, before it becomes a Config.
type document struct {
	Server    Server            `yaml:"server" envPrefix:"server."`
	Store     Store             `yaml:"store" envPrefix:"store."`
	Redis     Redis             `yaml:"redis" envPrefix:"redis."`
	Identity  Identity          `yaml:"identity" envPrefix:"identity."`
	Logging   Logging           `yaml:"logging" envPrefix:"logging."`
	Programs  programsEntry     `yaml:"programs" envPrefix:"programs."`
	Partners  []partnerEntry    `yaml:"partners" validate:"dive"`
	Tokens    map[string]Secret `yaml:"tokens"`
	Tests     map[string]Secret `yaml:"test_tokens"`
	Schedules []scheduleEntry   `yaml:"schedules" validate:"dive"`
	Ledger    ledgerEntry       `yaml:"ledger" envPrefix:"ledger."`

	Retention      Retention           `yaml:"retention" envPrefix:"retention."`
	Authorizations authorizationsEntry `yaml:"authorizations" envPrefix:"authorizations."`
}

// programsEntry names the packs to load.
type programsEntry struct {
	Packs       []string `yaml:"packs"`       // ids
	Directories []string `yaml:"directories"` // searched before the built-in packs
}

// partnerEntry is one partner as written.
type partnerEntry struct {
	ID            string                 `yaml:"id" validate:"id"`
	Name          string                 `yaml:"name" validate:"required"`
	Kind          string                 `yaml:"kind" validate:"oneof=clinic ehr mco state agency operator"`
	NPI           []string               `yaml:"npi" validate:"dive,npi"`
	Identifiers   []identifierEntry      `yaml:"identifiers" validate:"dive"`
	Payers        []string               `yaml:"payers" validate:"dive,required"`
	Programs      []string               `yaml:"programs"`
	MemberSystem  string                 `yaml:"member_system" validate:"omitempty,uri"`
	Zone          string                 `yaml:"zone" validate:"omitempty,zone"`
	Sends         []string               `yaml:"sends" validate:"dive,kind"`
	Networks      []netip.Prefix         `yaml:"networks"`
	Labels        []string               `yaml:"labels" validate:"dive,label"`
	RatePerMinute int                    `yaml:"rate_per_minute" validate:"gte=0"`
	Formats       map[string]formatEntry `yaml:"formats" validate:"dive,keys,record,endkeys"`
	Wants         []wantEntry            `yaml:"wants" validate:"dive"`
	Deliver       *deliverEntry          `yaml:"deliver"`
	HL7v2         *hl7v2Entry            `yaml:"hl7v2"`
	Receive       []receiveEntry         `yaml:"receive" validate:"dive"`
	X12           *x12Entry              `yaml:"x12"`
	PAS           pasEntry               `yaml:"pas"`
	TestDeliver   *deliverEntry          `yaml:"test_deliver"` // where deliveries of test traffic go; none = they are kept
	Poll          *pollEntry             `yaml:"poll"`
	Export        *exportEntry           `yaml:"export"`
}

// pasEntry is how a partner speaks Da Vinci PAS, as written.
type pasEntry struct {
	Version      string        `yaml:"version" validate:"omitempty,oneof=2.0.1 2.2.1"`      // empty = 2.0.1
	Subscribe    bool          `yaml:"subscribe"`                                           // a payer's server tells us what becomes of pended requests
	InquireEvery time.Duration `yaml:"inquire_every" validate:"omitempty,gte=15m,lte=720h"` // else, how long one is left alone before it is asked about
}

// identifierEntry is a business identifier as written.
type identifierEntry struct {
	System string `yaml:"system" validate:"uri"`
	Value  string `yaml:"value" validate:"required"`
}

// formatEntry is a partner's own columns and codes for one record kind.
type formatEntry struct {
	Version string                       `yaml:"version" validate:"required"`
	Columns map[string]string            `yaml:"columns"` // our column: theirs
	Codes   map[string]map[string]string `yaml:"codes"`   // our column: their code: ours
	Earlier []earlierEntry               `yaml:"earlier" validate:"dive"`
}

// earlierEntry is a format as it was, for replays that pin it.
type earlierEntry struct {
	Version string                       `yaml:"version" validate:"required"`
	Columns map[string]string            `yaml:"columns"`
	Codes   map[string]map[string]string `yaml:"codes"`
}

// wantEntry selects resources for delivery.
type wantEntry struct {
	Types      []string `yaml:"types" validate:"min=1,dive,resource"`
	Own        bool     `yaml:"own"`
	EveryOwner bool     `yaml:"every_owner"`
}

// deliverEntry is where deliveries go.
type deliverEntry struct {
	Wire         string        `yaml:"wire" validate:"oneof=fhir pas webhook mllp files sftp link"`
	URL          DSN           `yaml:"url" validate:"omitempty,endpoint"`
	Path         string        `yaml:"path"`
	Format       string        `yaml:"format" validate:"omitempty,oneof=json csv fhir x12"`
	SSH          *sshEntry     `yaml:"ssh"`
	Token        Secret        `yaml:"token"`
	Secrets      []Secret      `yaml:"secrets"`
	Deduplicates bool          `yaml:"deduplicates"`
	TLS          clientTLS     `yaml:"tls"`
	Timeout      time.Duration `yaml:"timeout" validate:"gte=0,lte=5m"`
	Smart        *smartEntry   `yaml:"smart"`
	IDs          string        `yaml:"ids" validate:"omitempty,oneof=ours theirs"`
}

// smartEntry is a login by SMART Backend Services as written.
type smartEntry struct {
	ClientID string `yaml:"client_id" validate:"required"`
	TokenURL DSN    `yaml:"token_url" validate:"omitempty,endpoint"`
	Scope    string `yaml:"scope" validate:"required"`
	Key      Secret `yaml:"key"`
	KeyID    string `yaml:"key_id"`
}

// exportEntry is a bulk pull of a partner's data as written.
type exportEntry struct {
	Level string        `yaml:"level" validate:"oneof=group patient system"`
	Group string        `yaml:"group"`
	Types []string      `yaml:"types" validate:"dive,resource"`
	Every time.Duration `yaml:"every" validate:"gte=0,lte=744h"`
}

// pollEntry is what is asked of a partner's FHIR server as written.
type pollEntry struct {
	Types   []string      `yaml:"types" validate:"min=1,dive,resource"`
	Every   time.Duration `yaml:"every" validate:"gte=0,lte=24h"`
	Overlap time.Duration `yaml:"overlap" validate:"gte=0,lte=24h"`
	Page    int           `yaml:"page" validate:"gte=0,lte=1000"`
	Since   string        `yaml:"since" validate:"omitempty,instant"`
}

// clientTLS names PEM files: our certificate for the receiver, and who signs its.
type clientTLS struct {
	Cert string `yaml:"cert" validate:"required_with=Key"`
	Key  string `yaml:"key" validate:"required_with=Cert"`
	CA   string `yaml:"ca"`
}

// scheduleEntry is one clock-driven job as written.
type scheduleEntry struct {
	Name   string `yaml:"name" validate:"id"`
	Cron   string `yaml:"cron" validate:"required"`
	Zone   string `yaml:"zone" validate:"omitempty,zone"`
	Job    string `yaml:"job" validate:"job"`
	Missed string `yaml:"missed" validate:"omitempty,oneof=latest all skip"`
}

// defaults is a document nobody has written anything into.
func defaults() *document {
	return &document{
		Server: Server{
			Listen: "127.0.0.1:8080", AdminListen: "127.0.0.1:9090", Shutdown: 25 * time.Second, DecisionWait: 15 * time.Second,
			Links:  Links{Valid: 14 * 24 * time.Hour},
			Limits: Limits{BodyBytes: 5 << 20, FileBytes: 1 << 30, BundleEntries: 5000, Depth: 64, RatePerMinute: 60_000},
			HL7v2:  defaultHL7v2(),
		},
		Store:    Store{DataDir: "data"},
		Redis:    Redis{Timeout: 50 * time.Millisecond, Breaker: Breaker{Failures: 5, Open: 10 * time.Second}},
		Identity: Identity{MemberSystem: MemberSystem},
		Logging:  Logging{Level: "info", Format: "json"},
		Ledger:   defaultLedger(),
	}
}

// MemberSystem is the default system of Medicaid member ids; a real state puts
// its own in identity.member_system.
const MemberSystem = "http://throughline.example/sid/medicaid"
