package config

import (
	"net/url"
	"path/filepath"
	"slices"

	"github.com/throughline/throughline/gateway"
)

// TestSchema is the PostgreSQL schema of test traffic, unless store.test_url
// names another place.
const TestSchema = "throughline_test"

// ForTests is the configuration of the world that test traffic runs in: the same
// partners with their test endpoints and test tokens, the same rules, on a store
// of its own, without Redis and without schedules. A partner without a test
// endpoint gets nothing; what would go to it is kept.
func (c *Config) ForTests() *Config {
	t := *c
	t.Store.URL = c.Store.forTests()
	t.Redis, t.Schedules, t.Tokens = Redis{}, nil, c.Tests
	t.Partners = slices.Clone(c.Partners)
	for i := range t.Partners {
		p := &t.Partners[i]
		p.Receive = nil // one world looks into the folders; what is a test there, it hands over
		if p.Deliver != nil {
			p.Deliver = &gateway.Endpoint{Wire: gateway.KeepWire}
		}
		if p.TestDeliver != nil {
			p.Deliver = p.TestDeliver
		}
	}
	return &t
}

// forTests is where test traffic is kept: store.test_url, else test.db beside
// the live file, else a schema of its own in the live database.
func (s Store) forTests() DSN {
	if s.TestURL.Set() {
		return s.TestURL
	}
	dialect, target := s.Target()
	if dialect == Postgres {
		return made(inSchema(target))
	}
	name := "test.db"
	if filepath.Base(target) == name {
		name = "test-traffic.db"
	}
	return made(filepath.Join(filepath.Dir(target), name))
}

func made(target string) DSN { return DSN{Secret{written: target, value: target}} }

// inSchema is the same database with the schema of tests before all others; a
// URL that names a schema already gets one of that name and "_test".
func inSchema(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return target // checked before
	}
	q, schema := u.Query(), TestSchema
	if live := q.Get("search_path"); live != "" {
		schema = live + "_test"
	}
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
