package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
)

func (c *cli) tokenMintVerb() *cobra.Command {
	var partner string
	var valid time.Duration
	v := &cobra.Command{
		Use: "mint", Short: "Issue a token in the demonstration", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), true, func(ctx context.Context, a *App) error { return c.mint(ctx, a, partner, valid) })
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "whose token")
	v.Flags().DurationVar(&valid, "valid", 24*time.Hour, "how long it is valid")
	return v
}

func (c *cli) mint(ctx context.Context, a *App, partner string, valid time.Duration) error {
	if !a.Config.Demo {
		return &failure{code: exitDenied, text: "tokens are minted in the demonstration only", todo: "use `throughline partner rotate`"}
	}
	p, err := a.known(partner)
	if err != nil {
		return err
	}
	if valid <= 0 {
		return usage("a token that is valid for no time", "give --valid above zero")
	}
	token, err := a.Store.MintToken(ctx, p.ID, "demo", valid)
	if err != nil {
		return err
	}
	return c.printToken(tokenJSON{p.ID, token, when(time.Now().Add(valid))})
}
