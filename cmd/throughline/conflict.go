package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// conflictJSON is a resource that both sides changed in the same elements.
type conflictJSON struct {
	Delivery gateway.DeliveryID `json:"delivery"`
	Partner  gateway.PartnerID  `json:"partner"`
	Resource string             `json:"resource"`
	Remote   string             `json:"remote"`
	Version  string             `json:"version"`
	Elements []string           `json:"elements"`
	FoundAt  time.Time          `json:"found_at"`
}

func shownConflict(f gateway.Conflicted) conflictJSON {
	return conflictJSON{Delivery: f.Delivery, Partner: f.Partner, Resource: string(f.Ours), Remote: string(f.Theirs), Version: f.Version, Elements: f.Elements, FoundAt: f.Found}
}

func (c *cli) conflictListVerb() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List what a partner and we changed in the same elements, oldest first", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				found, err := a.Store.Conflicts(ctx, "")
				if err != nil {
					return err
				}
				list := make([]conflictJSON, 0, len(found))
				for _, f := range found {
					list = append(list, shownConflict(f))
				}
				return show(c, list, "no open conflicts", []string{"DELIVERY", "PARTNER", "RESOURCE", "ELEMENTS", "FOUND"}, func(x conflictJSON) []string {
					return []string{string(x.Delivery), string(x.Partner), x.Resource, strings.Join(x.Elements, ", "), when(x.FoundAt)}
				})
			})
		},
	}
}

func (c *cli) conflictShowVerb() *cobra.Command {
	return &cobra.Command{
		Use: "show DELIVERY", Short: "Print both texts of each conflicting element: this shows records", Args: args(1, 1, "the id of one delivery"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				found, err := a.Store.Conflicts(ctx, gateway.DeliveryID(got[0]))
				if err != nil {
					return err
				}
				if len(found) == 0 {
					return usage("no open conflict of delivery "+got[0], "see throughline conflict list")
				}
				for _, f := range found {
					if err := c.printConflict(ctx, a, f); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

// printConflict prints element by element what we have and what they have.
func (c *cli) printConflict(ctx context.Context, a *App, f gateway.Conflicted) error {
	ours, err := a.Store.Version(ctx, f.Ours, f.Tried)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s at %s is %s, version %s\n", f.Ours, f.Partner, f.Theirs, f.Version)
	theirs, _ := fhir.Parse(f.Content, fhir.Limits{}) // it was read before
	for _, e := range f.Elements {
		fmt.Fprintf(c.out, "  %s\n    ours:   %s\n    theirs: %s\n", e, orNothing(ours.Get(e).Raw()), orNothing(theirs.Get(e).Raw()))
	}
	return nil
}

func orNothing(text []byte) string {
	if len(text) == 0 {
		return "(nothing)"
	}
	return string(text)
}

func (c *cli) conflictResolveVerb() *cobra.Command {
	var keep, reason, who string
	v := &cobra.Command{
		Use: "resolve DELIVERY", Short: "Decide a conflict: keep ours (it is sent again) or theirs (it is not)", Args: args(1, 1, "the id of one delivery"),
		RunE: func(cmd *cobra.Command, got []string) error {
			if keep != "ours" && keep != "theirs" {
				return usage("--keep "+keep, "give --keep ours or --keep theirs")
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				if err := a.Store.ResolveConflict(ctx, gateway.DeliveryID(got[0]), keep == "ours", reason, who); err != nil {
					return err
				}
				fmt.Fprintf(c.errs, "decided: %s is kept\n", keep)
				return nil
			})
		},
	}
	v.Flags().StringVar(&keep, "keep", "", "ours or theirs")
	v.Flags().StringVar(&reason, "reason", "", "why; kept in the audit trail")
	v.Flags().StringVar(&who, "who", "operator", "who decides; kept in the audit trail")
	return v
}
