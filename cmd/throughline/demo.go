package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/compliance"
	"github.com/throughline/throughline/ledger"
)

func (c *cli) demoVerb() *cobra.Command {
	var ready string
	var children int
	v := &cobra.Command{
		Use: "demo", Short: "Run the built-in demonstration: synthetic data, loopback only",
		Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ended(cmd.Context(), c.demo(cmd.Context(), ready, children))
		},
	}
	c.listenFlags(v, &ready)
	v.Flags().IntVar(&children, "children", 300, "how many synthetic children to begin with")
	return v
}

func (c *cli) demo(ctx context.Context, ready string, children int) error {
	if children < 1 {
		return usage("--children is below 1", "begin with one child at least")
	}
	if c.app != nil {
		return usage("a server is running on this data already", "stop it first")
	}
	if len(c.opts.config) > 0 {
		return usage("the demonstration has its own configuration", "use `throughline serve --config` for yours")
	}
	if strings.HasSuffix(c.opts.listen, ":0") && c.opts.admin == "" {
		c.opts.admin = c.opts.listen
	}
	if strings.HasSuffix(c.opts.listen, ":0") && c.opts.mllp == "" {
		c.opts.mllp = c.opts.listen
	}
	cfg, err := c.demoConfig(ctx)
	if err == nil {
		err = c.notReady(ready)
	}
	if err != nil {
		return err
	}
	log, err := openDemoLog(cfg.Store.DataDir)
	if err != nil {
		return err
	}
	defer log.Close()
	partners, err := demo.OpenPartners(ctx, cfg.Partners)
	if err != nil {
		return err
	}
	partners.Keep(filepath.Join(cfg.Store.DataDir, receivedDir))
	payer, err := demo.OpenPayer(ctx, cfg.Partners)
	if err != nil {
		return errors.Join(err, partners.Close())
	}
	if payer != nil {
		defer func() { _ = payer.Close() }()
	}
	app, err := Open(ctx, cfg, newLogger(log, cfg.Logging, slog.LevelDebug))
	if err != nil {
		return errors.Join(err, partners.Close())
	}
	tokens, tests, week, err := c.furnish(ctx, app, children)
	if err != nil {
		return errors.Join(err, app.Close(), partners.Close())
	}
	partners.Behave(week.Failing.Partner, week.Failing.Behaviour)
	app.extra = append(app.extra, partners)
	if payer != nil {
		app.extra = append(app.extra, payer)
	}
	return c.runServer(ctx, app, ready, readyFile{Tokens: tokens, Tests: tests}, func(r readyFile) { c.welcome(app, r, week) })
}

// receivedDir is where partners that take HL7 v2 keep what they got, for a visitor
// to read.
const receivedDir = "received"

// demoLogFile is the log of a demonstration: the terminal shows what to try.
const demoLogFile = "throughline.log"

// openDemoLog appends to the log of this data directory.
func openDemoLog(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(dir, demoLogFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// demoConfig is the configuration, with a Redis of this machine if none is named.
func (c *cli) demoConfig(ctx context.Context) (*config.Config, error) {
	cfg, err := c.loaded()
	if err != nil || cfg.Redis.Configured() {
		return cfg, err
	}
	if c.opts.redis = nearbyRedis(ctx); c.opts.redis == "" {
		return cfg, nil
	}
	return c.loaded()
}

// furnish brings tokens, the synthetic week and the files of the walk.
func (c *cli) furnish(ctx context.Context, a *App, children int) (tokens, tests map[string]string, week *demo.Summary, err error) {
	if tokens, err = a.demoTokens(ctx); err != nil {
		return nil, nil, nil, err
	}
	t, err := a.openTests(ctx)
	if err == nil {
		tests, err = t.demoTokens(ctx)
	}
	if err == nil {
		week, err = c.seed(ctx, a, children)
	}
	if err == nil {
		_, err = compliance.Run(ctx, a.complianceDeps(), ledger.DayOf(time.Now().In(a.Config.Rules.Zone)), compliance.Options{}) // so that there are findings to look at
	}
	if err == nil {
		err = a.tell().Once(ctx)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	return tokens, tests, week, a.writeWalk(week.Walk)
}

// demoTokens are the tokens of this data directory: made once, and valid again
// at every start.
func (a *App) demoTokens(ctx context.Context) (map[string]string, error) {
	prefix := "demo-"
	if a.Test {
		prefix = "demo-test-"
	}
	path := filepath.Join(a.Config.Store.DataDir, prefix+"tokens.json")
	all := map[string]string{}
	if body, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(body, &all); err != nil {
			return nil, &failure{code: exitFault, text: path + " is damaged", todo: "remove it; new tokens will be made"}
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, p := range a.Config.Partners {
		if all[string(p.ID)] == "" {
			all[string(p.ID)] = demoToken(prefix, p.ID)
		}
		if err := a.Store.AddToken(ctx, p.ID, "demo", all[string(p.ID)], 365*24*time.Hour); err != nil {
			return nil, storeDown(err)
		}
	}
	body, err := json.Marshal(all, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return all, writeFile(path, append(body, '\n'))
}

func demoToken(prefix string, id gateway.PartnerID) string {
	var b [8]byte
	rand.Read(b[:])
	return prefix + string(id) + "-" + hex.EncodeToString(b[:])
}

// welcome says where everything is and what to try. It goes to stderr: with
// demo, talk is all there is.
func (c *cli) welcome(a *App, r readyFile, week *demo.Summary) {
	_, store := a.Config.Store.Target()
	if dialect, _ := a.Config.Store.Target(); dialect == config.Postgres {
		store = a.Config.Store.URL.String()
	}
	w := c.errs
	fmt.Fprintf(w, "\nThroughline demonstration: synthetic data only.\n\n")
	fmt.Fprintf(w, "  FHIR           %s\n  partner API    %s\n  console        %s\n  health         %s/readyz\n  HL7 v2         mllp://%s\n", r.FHIR, r.API, r.Pages, r.Admin, r.MLLP)
	fmt.Fprintf(w, "  store          %s\n  log            %s\n  deduplication  %s\n  HL7 v2 sent    %s\n\n  Tokens (Authorization: Bearer ...):\n", store, filepath.Join(a.Config.Store.DataDir, demoLogFile), a.Dedup, filepath.Join(a.Config.Store.DataDir, receivedDir, "clinic-d"))
	for _, id := range slices.Sorted(maps.Keys(r.Tokens)) {
		fmt.Fprintf(w, "    %-10s %s\n", id, r.Tokens[id])
	}
	fmt.Fprintf(w, "\nWhat to try next:\n")
	for i, s := range a.steps(r, week) {
		fmt.Fprintf(w, "\n  %d. %s\n     %s\n", i+1, s.what, strings.ReplaceAll(s.command, "\n", "\n     "))
	}
	fmt.Fprintf(w, "\nCtrl-C ends it; the data stays in %s.\n\n", a.Config.Store.DataDir)
}
