package config

import (
	"net"
	"strconv"

	"github.com/throughline/throughline/gateway"
)

// Check advises on a configuration that Load accepted: warnings about what
// works but is seldom meant. The demo is exempt from those about exposure.
func Check(c *Config) Problems {
	r := &reader{doc: c.source.doc, origins: c.source.origins, demo: c.Demo}
	r.exposure(c)
	r.silence(c)
	return r.problems.sorted()
}

// exposure warns of ports that more can reach than should.
func (r *reader) exposure(c *Config) {
	if c.Demo {
		return
	}
	if !local(c.Server.Listen) && c.Server.TLS.Cert == "" {
		r.warn("server.listen", strconv.Quote(c.Server.Listen)+" without server.tls", "loopback, or TLS here or in front", "set server.tls, or let a TLS proxy be the only way in")
	}
	if !local(c.Server.AdminListen) {
		r.warn("server.admin_listen", strconv.Quote(c.Server.AdminListen), "a loopback or private address", "the admin port has no login; keep it inside")
	}
	if !local(c.Server.Listen) && c.Server.BaseURL == "" {
		r.warn("server.base_url", "nothing", "the https URL that clients use", "add it: it is written into resources and links")
	}
	if dialect, _ := c.Store.Target(); dialect == Postgres && !c.Redis.Configured() {
		r.warn("redis", "no Redis beside PostgreSQL", "one Redis for all instances", "add redis.url, unless there is one instance only")
	}
}

// silence warns of entries that lead to nothing.
func (r *reader) silence(c *Config) {
	reconciles := false
	for _, s := range c.Schedules {
		reconciles = reconciles || s.Job == "reconcile"
	}
	if !reconciles {
		r.warn("schedules", "no schedule for reconcile", "one a night", "add one, or run throughline reconcile yourself")
	}
	for i, p := range c.Partners {
		path := item("partners", i)
		if p.Kind == gateway.MCO && len(p.Payers) == 0 {
			r.warn(path+".payers", "nothing", "the payer ids of its members", "add them, or it will see no member")
		}
		if p.Kind == gateway.StateAgency && len(p.Programs) == 0 {
			r.warn(path+".programs", "nothing", "the programs it oversees", "add them, or it will see no member")
		}
	}
}

// local says whether an address can be reached from this machine only.
func local(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && isLoopback(host)
}
