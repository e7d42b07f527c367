package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/store"
)

// readyFile is what --ready-file holds once requests are answered. A key is
// present once its part exists.
type readyFile struct {
	FHIR   string            `json:"fhir"`
	API    string            `json:"api"`
	Admin  string            `json:"admin"`
	Pages  string            `json:"console"`
	MLLP   string            `json:"mllp,omitempty"` // host:port
	Tokens map[string]string `json:"tokens,omitempty"`
	Tests  map[string]string `json:"test_tokens,omitempty"`
}

func (c *cli) serveVerb() *cobra.Command {
	var ready string
	v := &cobra.Command{
		Use: "serve", Short: "Run the gateway", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.ended(cmd.Context(), c.serve(cmd.Context(), ready))
		},
	}
	c.listenFlags(v, &ready)
	return v
}

func (c *cli) listenFlags(v *cobra.Command, ready *string) {
	v.Flags().StringVar(&c.opts.listen, "listen", "", "address of FHIR and /v1; port 0 takes a free one")
	v.Flags().StringVar(&c.opts.admin, "admin-listen", "", "address of health and metrics")
	v.Flags().StringVar(&c.opts.mllp, "mllp-listen", "", "address of HL7 v2 over MLLP")
	v.Flags().StringVar(ready, "ready-file", "", "write the addresses as JSON to this file once ready")
}

func (c *cli) serve(ctx context.Context, ready string) error {
	if c.app != nil {
		return usage("a server is running on this data already", "stop it first")
	}
	if len(c.opts.config) == 0 {
		return usage("serve needs a configuration", "name it with --config; `throughline demo` runs the built-in demonstration")
	}
	cfg, problems := c.load()
	if err := problems.Err(); err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintln(c.errs, p)
	}
	if err := c.notReady(ready); err != nil {
		return err
	}
	app, err := Open(ctx, cfg, c.logger(cfg, slog.LevelDebug))
	if err != nil {
		return err
	}
	if err := app.durable(ctx); err != nil {
		return errors.Join(err, app.Close())
	}
	return c.runServer(ctx, app, ready, readyFile{}, nil)
}

// ended is the error of a server; being told to end is none, wherever that met
// it.
func (c *cli) ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(c.errs, "throughline: told to end:", err)
		err = nil
	}
	return err
}

// notReady removes the ready file of an earlier run.
func (c *cli) notReady(path string) error {
	if path == "" {
		return nil
	}
	if err := os.Remove(c.path(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return usage("--ready-file cannot be written: "+err.Error(), "name a file in a directory of yours")
	}
	return nil
}

// durable refuses a database that may lose what it has confirmed (protocol.md R1).
func (a *App) durable(ctx context.Context) error {
	settings, err := a.Store.Durability(ctx)
	if err != nil {
		return storeDown(err)
	}
	for _, s := range settings {
		if !s.Safe {
			return &failure{code: exitDenied, text: "the store may lose what it has confirmed: " + unsafeWords(s), todo: "correct it in the database; the demonstration runs with it all the same"}
		}
	}
	return nil
}

func unsafeWords(s store.Setting) string {
	return fmt.Sprintf("%s is %s, want %s", s.Name, s.Value, s.Want)
}

// runServer opens the ports, serves until ctx ends, and closes the app. before
// runs when the addresses are known and nothing is served yet; after, once
// requests are answered.
func (c *cli) runServer(ctx context.Context, app *App, readyPath string, ready readyFile, after func(readyFile)) (err error) {
	defer func() { err = errors.Join(err, app.Close()) }()
	s, err := newServer(ctx, app)
	if err != nil {
		return err
	}
	return s.run(ctx, func() error {
		ready.FHIR, ready.API, ready.Admin = s.base+"/fhir", s.base+"/v1", "http://"+s.admin.Addr().String()
		ready.Pages = s.base + console.Path
		if s.mllp != nil {
			ready.MLLP = s.mllp.Addr().String()
		}
		app.Log.Info("ready", "op", "serve", "address", s.base, "store", app.Store.Kind(), "dedup", app.Dedup, "version", version)
		if after != nil {
			after(ready)
		}
		if readyPath == "" {
			return nil
		}
		body, err := json.Marshal(ready, json.Deterministic(true))
		if err != nil {
			return err
		}
		return writeFile(c.path(readyPath), append(body, '\n'))
	})
}
