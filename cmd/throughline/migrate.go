package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/store"
)

// schemaState is what migrate prints.
type schemaState struct {
	Store   string `json:"store"`
	Current int64  `json:"current"`
	Newest  int64  `json:"newest"`
}

func (c *cli) migrateUpVerb() *cobra.Command {
	return &cobra.Command{
		Use: "up", Short: "Bring the schema to the newest version", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.migrate(cmd.Context(), true) },
	}
}

func (c *cli) migrateStatusVerb() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Compare the schema with this program's; exit 3 when it is older", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.migrate(cmd.Context(), false) },
	}
}

func (c *cli) migrate(ctx context.Context, up bool) error {
	if c.app != nil {
		return c.schema(ctx, c.app.Store, false) // the server migrated when it started
	}
	cfg, err := c.loaded()
	if err != nil {
		return err
	}
	dialect, target := cfg.Store.Target()
	if dialect == config.SQLite {
		dir := filepath.Dir(target)
		if code, asked, err := c.askServer(ctx, dir); asked {
			return firstOf(err, silent(code))
		}
		if !up && !exists(target) {
			return &failure{code: exitFindings, text: "there is no store at " + target, todo: "run throughline migrate up, or start the server"}
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		release, err := lockDir(dir)
		if err != nil {
			return err
		}
		defer release() //nolint:errcheck // the lock ends with the process
	}
	s, err := store.Connect(ctx, target)
	if err != nil {
		return storeDown(err)
	}
	return errors.Join(c.schema(ctx, s, up), s.Close())
}

func (c *cli) schema(ctx context.Context, s *store.Store, up bool) error {
	if up {
		if err := s.Migrate(ctx); err != nil {
			return err
		}
	}
	st := schemaState{Store: s.Kind()}
	var err error
	if st.Current, st.Newest, err = s.Versions(ctx); err != nil {
		return storeDown(err)
	}
	if c.opts.json {
		err = c.printJSON(st)
	} else {
		_, err = fmt.Fprintf(c.out, "%s: schema %d of %d\n", st.Store, st.Current, st.Newest)
	}
	if err == nil && st.Current < st.Newest {
		return silent(exitFindings)
	}
	return err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
