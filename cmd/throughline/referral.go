package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// referralJSON is a referral as its operator sees it: nobody is named.
type referralJSON struct {
	Task     string `json:"task"`
	Version  int64  `json:"version"`
	Status   string `json:"status"`
	Asked    string `json:"asked"`
	Deadline string `json:"deadline"`
	Owner    string `json:"owner"` // identifier of the organization that is to answer
}

func (c *cli) referralListVerb() *cobra.Command {
	var partner, status string
	v := &cobra.Command{
		Use: "list", Short: "List referrals as one partner sees them, oldest change first", Args: args(0, 0, "no arguments; narrow it with flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				list, err := referrals(ctx, a, partner, status)
				if err != nil {
					return err
				}
				return show(c, list, "no such referrals", []string{"TASK", "VERSION", "STATUS", "ASKED", "DEADLINE", "OWNER"}, func(r referralJSON) []string {
					return []string{r.Task, strconv.FormatInt(r.Version, 10), r.Status, r.Asked, r.Deadline, r.Owner}
				})
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "as which partner")
	v.Flags().StringVar(&status, "status", "", "only of this status, such as requested")
	return v
}

func referrals(ctx context.Context, a *App, partner, status string) ([]referralJSON, error) {
	p, err := a.known(partner)
	if err != nil {
		return nil, err
	}
	q := url.Values{"_count": {"500"}}
	if status != "" {
		q.Set("status", status)
	}
	query, issues := search.Parse("Task", q, search.Options{})
	if issues.Errors() {
		return nil, usage("--status: "+issues.Error(), "name a status of a Task")
	}
	page, err := a.Store.Search(ctx, p.Caller(), query)
	if err != nil {
		return nil, err
	}
	list := []referralJSON{}
	for _, st := range page.Matches {
		task := &fhir.Resource{Type: st.Type, ID: st.ID, JSON: st.JSON}
		if !gateway.IsReferral(task) {
			continue
		}
		list = append(list, referralJSON{Task: "Task/" + st.ID, Version: st.Version, Status: task.Get("status").Text(), Asked: day(task.Get("authoredOn")),
			Deadline: day(task.Get("restriction", "period", "end")), Owner: task.Get("owner", "identifier", "value").Text()})
	}
	return list, nil
}

func (c *cli) referralLinkVerb() *cobra.Command {
	var partner string
	v := &cobra.Command{
		Use: "link TASK", Short: "Make a one-time link by which a partner answers a referral, and print it", Args: args(1, 1, "a Task, such as Task/0a1b"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				address, until, err := a.linkFor(ctx, partner, got[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(c.errs, "until %s; whoever has it can answer, once:\n", until)
				_, err = fmt.Fprintln(c.out, address)
				return err
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "who is to answer")
	return v
}

// linkFor makes a new link to the current version of a Task.
func (a *App) linkFor(ctx context.Context, partner, name string) (address, until string, err error) {
	l := a.links()
	if l == nil {
		return "", "", usage("links are not configured", "add server: {links: {secret: env:NAME}}")
	}
	p, err := a.known(partner)
	if err != nil {
		return "", "", err
	}
	typ, id, _, _ := fhir.ParseRef(name)
	if typ != "Task" {
		return "", "", usage("no Task: "+name, "see throughline referral list")
	}
	st, err := a.Store.Read(ctx, p.Caller(), typ, id)
	if err != nil {
		return "", "", err
	}
	task := &fhir.Resource{Type: typ, ID: st.ID, JSON: st.JSON}
	if len(linkMoves(task.Get("status").Text())) == 0 {
		return "", "", usage("a referral that is "+task.Get("status").Text()+" waits for no answer", "see throughline referral list")
	}
	address, end, err := l.make(ctx, gateway.LinkID("by hand "+string(newID())), p.ID, "", fhir.NewRef(typ, st.ID), st.Version)
	return address, when(end), err
}
