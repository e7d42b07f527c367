package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
)

// partnerJSON is a partner as its operator sees it: no secrets.
type partnerJSON struct {
	ID       gateway.PartnerID   `json:"id"`
	Name     string              `json:"name"`
	Kind     gateway.PartnerKind `json:"kind"`
	Sends    []gateway.Kind      `json:"sends"`
	Wants    []string            `json:"wants"`
	Delivers string              `json:"delivers"` // wire and host; empty = it collects by asking
}

func (c *cli) partnerListVerb() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the partners of the configuration", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, code, err := c.inForce(cmd.Context())
			if cfg == nil {
				return errors.Join(err, silent(code))
			}
			list := make([]partnerJSON, 0, len(cfg.Partners))
			for i := range cfg.Partners {
				list = append(list, shownPartner(&cfg.Partners[i]))
			}
			return show(c, list, "no partners are configured", []string{"ID", "KIND", "NAME", "DELIVERS TO"}, func(p partnerJSON) []string {
				return []string{string(p.ID), string(p.Kind), p.Name, p.Delivers}
			})
		},
	}
}

func shownPartner(p *gateway.Partner) partnerJSON {
	out := partnerJSON{ID: p.ID, Name: p.Name, Kind: p.Kind, Sends: p.Sends, Wants: []string{}}
	for _, w := range p.Wants {
		out.Wants = append(out.Wants, w.Types...)
	}
	if p.Deliver != nil {
		host, _ := hostOf(p.Deliver.URL) // an unreadable URL shows no host
		out.Delivers = strings.TrimSpace(p.Deliver.Wire + " " + host)
	}
	return out
}

// hostOf is host:port of a URL; paths and queries can hold secrets.
func hostOf(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return "", fmt.Errorf("not a URL with a host")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// tokenJSON is a new token: it is shown once.
type tokenJSON struct {
	Partner gateway.PartnerID `json:"partner"`
	Token   string            `json:"token"`
	Expires string            `json:"expires"`
}

func (c *cli) printToken(t tokenJSON) error {
	if c.opts.json {
		return c.printJSON(t)
	}
	fmt.Fprintf(c.errs, "token of %s, until %s; it is shown this once:\n", t.Partner, t.Expires)
	_, err := fmt.Fprintln(c.out, t.Token)
	return err
}

func (c *cli) partnerRotateVerb() *cobra.Command {
	var valid, overlap time.Duration
	v := &cobra.Command{
		Use: "rotate PARTNER", Short: "Issue a new token; the old ones end after an overlap", Args: args(1, 1, "the id of one partner"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withApp(cmd.Context(), true, func(ctx context.Context, a *App) error { return c.rotate(ctx, a, got[0], valid, overlap) })
		},
	}
	v.Flags().DurationVar(&valid, "valid", 365*24*time.Hour, "how long the new token is valid")
	v.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the old tokens stay valid")
	return v
}

func (c *cli) rotate(ctx context.Context, a *App, id string, valid, overlap time.Duration) error {
	p, err := a.known(id)
	if err != nil {
		return err
	}
	if valid <= 0 || overlap < 0 {
		return usage("a token that is valid for no time", "give --valid above zero and --overlap of zero or more")
	}
	token, err := a.Store.RotateTokens(ctx, p.ID, "rotated", valid, overlap)
	if err != nil {
		return err
	}
	if _, fixed := a.Config.Tokens[p.ID]; fixed {
		fmt.Fprintf(c.errs, "note: %s also has a token in the configuration, which stays valid until it is changed there\n", p.ID)
	}
	return c.printToken(tokenJSON{p.ID, token, when(time.Now().Add(valid))})
}
