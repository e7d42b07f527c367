package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

func (c *cli) auditSearchVerb() *cobra.Command {
	var f store.AuditFilter
	var since, until string
	var limit int
	v := &cobra.Command{
		Use: "search", Short: "Who did what, newest first", Args: args(0, 0, "no arguments; narrow it with flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) (err error) {
				if f.From, err = moment("--since", since); err != nil {
					return err
				}
				if f.To, err = moment("--until", until); err != nil {
					return err
				}
				return c.auditSearch(ctx, a, f, limit)
			})
		},
	}
	flags := v.Flags()
	flags.StringVar((*string)(&f.Partner), "partner", "", "partner or person who acted")
	flags.StringVar(&f.Action, "action", "", "read, search, create, update, delete, replay, discard ...")
	flags.StringVar(&f.Type, "type", "", "resource type")
	flags.StringVar(&f.ID, "id", "", "resource id")
	flags.StringVar((*string)(&f.Message), "message", "", "message id")
	flags.StringVar(&since, "since", "", "from this time or date on")
	flags.StringVar(&until, "until", "", "before this time or date")
	flags.IntVar(&limit, "limit", 100, "at most so many rows")
	return v
}

func (c *cli) auditSearch(ctx context.Context, a *App, f store.AuditFilter, limit int) error {
	list, err := pages(limit, func(p gateway.Paging) ([]store.AuditRow, string, error) { return a.Store.AuditTrail(ctx, f, p) })
	if err != nil {
		return err
	}
	return show(c, list, "nothing found", []string{"AT", "WHO", "ACTION", "WHAT", "OUTCOME", "DETAIL"}, func(r store.AuditRow) []string {
		what := r.Type
		if r.ID != "" {
			what += "/" + r.ID
		}
		if r.Message != "" {
			what += fmt.Sprintf(" (message %s)", r.Message)
		}
		return []string{when(r.At), string(r.Partner), r.Action, what, r.Outcome, r.Detail}
	})
}
