package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

func (c *cli) doctorVerb() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Look at everything the gateway needs", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.doctor(cmd.Context()) },
	}
}

// diagnosis is one thing the doctor looked at.
type diagnosis struct {
	Name   string        `json:"name"`
	Health config.Health `json:"health"`
	Cause  string        `json:"cause"`
	Remedy string        `json:"remedy"`
}

// doctor looks at the configuration that is named; without one, at that of the
// demonstration, where it runs.
func (c *cli) doctor(ctx context.Context) error {
	cfg, problems := c.load()
	if len(c.opts.config) == 0 && problems.Err() == nil {
		server, code, err := c.inForce(ctx)
		if server == nil {
			return errors.Join(err, silent(code))
		}
		cfg = server
	}
	found := []diagnosis{}
	for _, d := range config.Doctor(ctx, cfg, problems, c.probes(cfg)) {
		found = append(found, diagnosis(d))
	}
	found = append(found, c.durability(ctx, cfg)...)
	err := show(c, found, "", []string{"THING", "HEALTH", "SEEN", "TO DO"}, func(d diagnosis) []string {
		return []string{d.Name, string(d.Health), strings.ReplaceAll(d.Cause, "\n", "; "), d.Remedy}
	})
	if err != nil {
		return err
	}
	for _, d := range found {
		if d.Health == config.Fail && d.Name == "store" {
			return silent(exitDown)
		}
		if d.Health == config.Fail {
			err = silent(exitFindings)
		}
	}
	return err
}

func (c *cli) probes(cfg *config.Config) config.Probes {
	if cfg == nil {
		return config.Probes{}
	}
	p := config.Probes{Store: storeProbe{c, cfg}, Redis: redisProbe{cfg}}
	if !cfg.Demo || c.app != nil { // the demonstration's partners listen while it runs
		p.Endpoint = endpointProbe{}
	}
	return p
}

// storeProbe opens the store and compares its schema, changing nothing.
type storeProbe struct {
	cli *cli
	cfg *config.Config
}

// Probe looks at the store.
func (p storeProbe) Probe(ctx context.Context) error {
	s, err := p.cli.connect(ctx, p.cfg)
	if err != nil || s == nil {
		return err
	}
	defer p.cli.leave(s)
	current, newest, err := s.Versions(ctx)
	if err == nil && current < newest {
		err = fmt.Errorf("schema %d, this program works with %d: run throughline migrate up, or start the server", current, newest)
	}
	return err
}

// connect opens the store of the configuration as it is: nil when there is no
// file yet, which is in order before the first start.
func (c *cli) connect(ctx context.Context, cfg *config.Config) (*store.Store, error) {
	if c.app != nil {
		return c.app.Store, nil
	}
	dialect, target := cfg.Store.Target()
	if dialect == config.SQLite {
		if !exists(target) {
			return nil, nil
		}
	}
	return store.Connect(ctx, target)
}

// leave closes a store that connect opened.
func (c *cli) leave(s *store.Store) {
	if c.app == nil {
		_ = s.Close() // it was only read
	}
}

// durability says whether the database keeps what it has confirmed.
func (c *cli) durability(ctx context.Context, cfg *config.Config) []diagnosis {
	if cfg == nil {
		return nil
	}
	s, err := c.connect(ctx, cfg)
	if err != nil || s == nil {
		return nil // the store's own line says why
	}
	defer c.leave(s)
	settings, err := s.Durability(ctx)
	if err != nil {
		return []diagnosis{{"durability", config.Fail, err.Error(), "see whether the database runs"}}
	}
	var out []diagnosis
	for _, set := range settings {
		d := diagnosis{Name: "store " + set.Name, Health: config.OK, Cause: set.Value}
		if !set.Safe {
			d.Health, d.Remedy = config.Fail, "set it to "+set.Want+": otherwise what was confirmed can be lost"
		}
		out = append(out, d)
	}
	return out
}

// redisProbe asks Redis whether it is there.
type redisProbe struct{ cfg *config.Config }

// Probe pings.
func (p redisProbe) Probe(ctx context.Context) error {
	r, err := store.OpenRedis(redisTarget(p.cfg.Redis), store.RedisOptions{Secret: make([]byte, 32)})
	if err != nil {
		return err
	}
	return errors.Join(r.Ping(ctx), r.Close())
}

// endpointProbe asks whether a partner's host accepts connections.
type endpointProbe struct{}

// Probe connects and says nothing.
func (endpointProbe) Probe(ctx context.Context, _ gateway.PartnerID, url string) error {
	host, err := hostOf(url)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	return conn.Close()
}
