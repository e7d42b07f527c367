package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/courtesy"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/store"
)

// App is the gateway put together: everything that holds data, and nothing that
// listens. A server runs it (server.go); a verb of the command line uses it.
type App struct {
	Config  *config.Config
	Store   *store.Store
	Gateway *gateway.Gateway
	Hints   hints
	Dedup   string // what serves deduplication, for people
	Log     *slog.Logger
	Test    bool // the world of test traffic, see world.go

	desk     courtesy.Desk                       // requests in hand, for which a night steps back
	breakers func() map[gateway.PartnerID]string // of the lines of this process; nil while nothing is sent here

	ring func() // makes this process look for slots that are due; nil while it rings none

	tests  *App              // the world of test traffic beside this one; nil until openTests
	extra  []gateway.Service // what else runs with the server
	name   string            // of this instance, holder of leases
	closes []func() error
}

// Open puts the gateway together on the data that the configuration names. A
// SQLite file is locked against every other process.
func Open(ctx context.Context, cfg *config.Config, log *slog.Logger) (*App, error) {
	a := &App{Config: cfg, Log: log, name: instanceName()}
	err := a.open(ctx)
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	if err := os.MkdirAll(a.Config.Store.DataDir, 0o700); err != nil {
		return err
	}
	if err := a.openStore(ctx); err != nil {
		return err
	}
	if err := a.openHints(ctx); err != nil {
		return err
	}
	a.plug()
	return nil
}

// plug puts the gateway between the store and the hints.
func (a *App) plug() {
	a.Gateway = &gateway.Gateway{
		Test:     a.Test,
		Ledger:   a.Store,
		Dedup:    a.Hints,
		Partners: a.partner,
		Mapping:  mappings.For,
		Payers:   a.payers,
		NewID:    newID,
		Now:      time.Now,
		Wake:     a.Hints.Wake,
	}
}

func (a *App) openStore(ctx context.Context) error {
	dialect, target := a.Config.Store.Target()
	if dialect == config.SQLite {
		dir := filepath.Dir(target)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		release, err := lockDir(dir)
		if err != nil {
			return err
		}
		a.closes = append(a.closes, release)
	}
	if err := a.connect(ctx); err != nil {
		return storeDown(err)
	}
	return nil
}

// connect opens the store and brings its tables up to date.
func (a *App) connect(ctx context.Context) error {
	_, target := a.Config.Store.Target()
	s, err := store.Open(ctx, target, a.policy())
	if err != nil {
		return err
	}
	a.Store, s.Live = s, &a.desk
	a.closes = append(a.closes, s.Close)
	return nil
}

func storeDown(err error) error {
	return &failure{code: exitDown, text: "the store cannot be opened", err: err, todo: "see whether the database runs and --store or store.url is right; `throughline doctor` looks at both"}
}

// Close gives everything back, in reverse order.
func (a *App) Close() error {
	var err error
	for i := len(a.closes) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closes[i]())
	}
	a.closes = nil
	return err
}

// policy is what the store has to know of the configuration.
func (a *App) policy() store.Policy {
	return store.Policy{
		MemberSystem:   a.Config.Identity.MemberSystem,
		TrustedSystems: a.Config.Identity.TrustedSystems,
		Caller:         a.caller,
		Authority:      a.authority,
		Bundle:         a.requestBundle,
	}
}

// partner finds a partner of the configuration.
func (a *App) partner(id gateway.PartnerID) (*gateway.Partner, bool) {
	if id == gateway.Itself {
		return gateway.AsPartner(), true
	}
	p := a.Config.Partner(id)
	return p, p != nil
}

// payers are the partners that answer for an insurer: one of its identifiers is
// theirs, or the id of a payer they answer for.
func (a *App) payers(insurer []gateway.Identifier) (out []gateway.PartnerID) {
	for _, p := range a.partners() {
		if p.Kind == gateway.MCO && slices.ContainsFunc(insurer, p.AnswersFor) {
			out = append(out, p.ID)
		}
	}
	return out
}

// known is a partner named on the command line.
func (a *App) known(id string) (*gateway.Partner, error) {
	return partnerOf(a.Config, id)
}

func partnerOf(cfg *config.Config, id string) (*gateway.Partner, error) {
	p := cfg.Partner(gateway.PartnerID(id))
	if p != nil {
		return p, nil
	}
	todo := "see `throughline partner list`"
	if id == "" {
		return nil, usage("no partner", "name one with --partner; "+todo)
	}
	return nil, usage(fmt.Sprintf("no partner %q", id), todo)
}

// partners are all partners of the configuration.
func (a *App) partners() []*gateway.Partner {
	out := make([]*gateway.Partner, len(a.Config.Partners))
	for i := range a.Config.Partners {
		out[i] = &a.Config.Partners[i]
	}
	return out
}

// replay sends stored messages and parked deliveries on their way again.
func (a *App) replay() *gateway.Replay {
	return &gateway.Replay{Store: a.Store, Parked: a.Store, Hints: a.Hints, Prepare: a.Gateway.Prepare, Partners: a.partner}
}

// newID names a message by the time it came and 74 random bits (RFC 9562,
// version 7), so that rows of one time lie together.
func newID() gateway.MessageID { return gateway.MessageID(uuid.Must(uuid.NewV7()).String()) }

// instanceName is the name of this process among the holders of leases.
func instanceName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unnamed"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), uuid.NewString()[:8])
}
