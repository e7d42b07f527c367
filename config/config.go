package config

import (
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/program"
)

// Config is the effective configuration. It is complete and checked: nothing
// reads the environment or a file after Load.
type Config struct {
	Server    Server
	Store     Store
	Redis     Redis
	Identity  Identity
	Logging   Logging
	Partners  []gateway.Partner
	Tokens    map[gateway.PartnerID]string // bearer token of a partner; see Load
	Tests     map[gateway.PartnerID]string // bearer token of a partner's test traffic; see ForTests
	Packs     []*program.Pack
	Schedules []Schedule
	Rules     *ledger.Rules
	Retention Retention          // how long records are kept
	Clocks    gateway.ClockTable // how long payers have to decide, and what follows
	Demo      bool               // the built-in demonstration: synthetic data, loopback only

	source *reader // what was read from where, for Print
}

// Server is how the gateway listens.
type Server struct {
	Listen      string        `yaml:"listen" validate:"listen"`
	AdminListen string        `yaml:"admin_listen" validate:"listen"`
	BaseURL     string        `yaml:"base_url" validate:"omitempty,endpoint"` // as clients reach it; empty = made from Listen
	TLS         TLS           `yaml:"tls" envPrefix:"tls."`
	Limits      Limits        `yaml:"limits" envPrefix:"limits."`
	HL7v2       HL7v2         `yaml:"hl7v2" envPrefix:"hl7v2."`
	Links       Links         `yaml:"links" envPrefix:"links."`
	Shutdown    time.Duration `yaml:"shutdown" validate:"gte=1s,lte=10m"` // hard limit of a drain

	SubscriptionNetworks []netip.Prefix `yaml:"subscription_networks"` // private networks that subscribers may have endpoints in; empty = none

	DecisionWait time.Duration `yaml:"decision_wait" validate:"gte=1ms,lte=60s"` // how long Claim/$submit waits for the payer before it answers pended
}

// Links are the one-time links by which receivers without a system answer
// referrals.
type Links struct {
	Secret Secret        `yaml:"secret"` // signs them; 32 bytes or more; another one ends all that are out
	Valid  time.Duration `yaml:"valid" validate:"gte=1h,lte=2160h"`
}

// TLS names the certificate and key files; both empty = plain HTTP.
type TLS struct {
	Cert string `yaml:"cert" validate:"required_with=Key"`
	Key  string `yaml:"key" validate:"required_with=Cert"`
}

// Limits bound what one request may ask for (protocol.md, "Edge limits").
type Limits struct {
	BodyBytes     int64 `yaml:"body_bytes" validate:"gte=1024,lte=1073741824"`
	FileBytes     int64 `yaml:"file_bytes" validate:"gte=1024"` // of a file that comes by HTTP
	BundleEntries int   `yaml:"bundle_entries" validate:"gte=1,lte=100000"`
	Depth         int   `yaml:"depth" validate:"gte=8,lte=512"` // nesting of JSON
	RatePerMinute int   `yaml:"rate_per_minute" validate:"gte=1"`
}

// Store is where the ledger lives.
type Store struct {
	URL     DSN    `yaml:"url"`      // empty = SQLite file in DataDir; a path; sqlite:path; postgres://...
	TestURL DSN    `yaml:"test_url"` // where test traffic is kept; empty = beside the live data, see ForTests
	DataDir string `yaml:"data_dir" validate:"required"`
	Pool    int    `yaml:"pool" validate:"gte=0,lte=1000"` // open connections; 0 = the store's own default
}

// Dialects of the store.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Target is the dialect and what to open: a file path or a postgres URL.
func (s Store) Target() (dialect, target string) { return s.target(s.URL.Reveal()) }

func (s Store) target(url string) (dialect, target string) {
	switch {
	case url == "":
		return SQLite, filepath.Join(s.DataDir, "throughline.db")
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return Postgres, url
	}
	return SQLite, strings.TrimPrefix(strings.TrimPrefix(url, "sqlite://"), "sqlite:")
}

// Redis is optional: it saves work and decides nothing (protocol.md, R3).
type Redis struct {
	URL       DSN           `yaml:"url"`       // redis://, rediss://; empty with no addresses = in-process
	Addresses []string      `yaml:"addresses"` // Sentinel or Cluster instead of a URL
	Master    string        `yaml:"master"`    // Sentinel master name
	Username  string        `yaml:"username"`
	Password  Secret        `yaml:"password"`
	Timeout   time.Duration `yaml:"timeout" validate:"gte=1ms,lte=5s"`
	Breaker   Breaker       `yaml:"breaker" envPrefix:"breaker."`
}

// Breaker stops asking a Redis that does not answer.
type Breaker struct {
	Failures int           `yaml:"failures" validate:"gte=1"` // in a row
	Open     time.Duration `yaml:"open" validate:"gte=100ms,lte=10m"`
}

// Configured says whether a Redis is named at all.
func (r Redis) Configured() bool { return r.URL.Set() || len(r.Addresses) > 0 }

// Identity says how a child is recognised across partners.
type Identity struct {
	MemberSystem   string   `yaml:"member_system" validate:"uri"`        // system URI of Medicaid member ids
	TrustedSystems []string `yaml:"trusted_systems" validate:"dive,uri"` // equal identifiers of these join across partners
}

// Logging of the process.
type Logging struct {
	Level  string `yaml:"level" validate:"oneof=debug info warn error"`
	Format string `yaml:"format" validate:"oneof=json text"`
}

// Partner finds a partner by id, nil when there is none. The pointer is into
// the configuration, so a demo can fill in a URL before anything starts.
func (c *Config) Partner(id gateway.PartnerID) *gateway.Partner {
	for i := range c.Partners {
		if c.Partners[i].ID == id {
			return &c.Partners[i]
		}
	}
	return nil
}

// Pack finds a program pack by id, nil when it is not loaded.
func (c *Config) Pack(id string) *program.Pack {
	for _, p := range c.Packs {
		if p.ID == id {
			return p
		}
	}
	return nil
}
