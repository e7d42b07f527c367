package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/gateway"
)

// requestJSON is a request as its payer sees it in the queue: nobody is named.
type requestJSON struct {
	ID        string              `json:"id"`
	Version   int64               `json:"version"`
	Requester gateway.PartnerID   `json:"requester"`
	State     gateway.AuthState   `json:"state"`
	Since     string              `json:"since"`
	Due       string              `json:"due"`
	Clock     gateway.ClockState  `json:"clock"`
	Left      string              `json:"left"` // to the due moment; negative = late by
	Next      string              `json:"next"`
	Items     []itemJSON          `json:"items"`
	Clocks    []gateway.Clock     `json:"clocks"`
	Details   map[string][]string `json:"details,omitempty"`
	Events    []console.Event     `json:"events,omitempty"`
}

type itemJSON struct {
	Sequence int                  `json:"sequence"`
	Action   string               `json:"action"`
	Asked    gateway.AuthService  `json:"asked"`
	EPSDT    bool                 `json:"epsdt"` // a limit alone is no reason to deny
	Answers  []gateway.ItemAnswer `json:"answers"`
}

func requestOf(r *console.Request) requestJSON {
	out := requestJSON{ID: r.A.ID, Version: r.A.Version, Requester: r.A.Requester, State: r.A.State(), Since: when(r.A.Latest().At), Next: r.Next, Clocks: r.Clocks, Clock: r.State, Events: r.Events}
	if r.Clock != nil {
		out.Due, out.Left = when(r.Clock.Due), r.Clock.Left(time.Now()).Round(time.Minute).String()
	}
	for i := range r.A.Items {
		item := &r.A.Items[i]
		out.Items = append(out.Items, itemJSON{Sequence: item.Sequence, Action: item.Action(), Asked: item.Asked, EPSDT: r.A.Youth(item), Answers: item.Answers})
	}
	return out
}

func (r *requestJSON) services() string {
	var out []string
	for _, i := range r.Items {
		text := strconv.Itoa(i.Sequence) + ":" + strings.Join(append([]string{i.Asked.Code.Code}, i.Asked.Modifiers...), " ")
		if i.Asked.Units != "" {
			text += " " + i.Asked.Units
		}
		out = append(out, text+" "+i.Action)
	}
	return strings.Join(out, ", ")
}

func (c *cli) authQueueVerb() *cobra.Command {
	var partner string
	var all bool
	v := &cobra.Command{
		Use: "queue", Short: "List the requests that wait for a payer's decision, oldest first, with their clocks", Args: args(0, 0, "no arguments; name the payer with --partner"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				p, err := a.known(partner)
				if err != nil {
					return err
				}
				list, err := a.queue(ctx, p.ID, all)
				if err != nil {
					return err
				}
				return show(c, list, "nothing waits", []string{"REQUEST", "VERSION", "FROM", "SINCE", "DUE", "CLOCK", "SERVICES", "NEXT"}, func(r requestJSON) []string {
					return []string{r.ID, strconv.FormatInt(r.Version, 10), string(r.Requester), r.Since, r.Due, string(r.Clock), r.services(), r.Next}
				})
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "the payer")
	v.Flags().BoolVar(&all, "all", false, "decided requests too")
	return v
}

// queue reads all pages of a payer's queue.
func (a *App) queue(ctx context.Context, p gateway.PartnerID, all bool) (out []requestJSON, err error) {
	page := gateway.Paging{Limit: 500}
	for {
		list, next, err := reviews{a}.Queue(ctx, p, all, page)
		if err != nil {
			return nil, err
		}
		for i := range list {
			out = append(out, requestOf(&list[i]))
		}
		if page.After = next; next == "" {
			return out, nil
		}
	}
}

func (c *cli) authShowVerb() *cobra.Command {
	var partner, reason string
	v := &cobra.Command{
		Use: "show REQUEST", Short: "Show a request with its clocks; with --reason also who it is about, which is audited", Args: args(1, 1, "the id of a request, see auth queue"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				p, err := a.known(partner)
				if err != nil {
					return err
				}
				r, err := reviews{a}.Request(ctx, p.ID, got[0])
				if err != nil {
					return err
				}
				out := requestOf(r)
				if reason != "" {
					details, err := reviews{a}.Details(ctx, p.ID, got[0], reason, "command line")
					if err != nil {
						return err
					}
					out.Details = map[string][]string{}
					for _, d := range details {
						out.Details[d.Label] = append(out.Details[d.Label], d.Text)
					}
				}
				return c.printJSON(out)
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "the payer")
	v.Flags().StringVar(&reason, "reason", "", "why you need to know who it is about; kept in the audit trail")
	return v
}

// actionWords are what the command line calls the review actions.
var actionWords = map[string]string{"approve": gateway.Certified, "modify": gateway.Modified, "deny": gateway.NotCertified, "pend": gateway.PendedAction, "withdraw": gateway.CancelledBy}

func (c *cli) authDecideVerb() *cobra.Command {
	var partner, action string
	var items []int
	var r gateway.Review
	var i gateway.ItemReview
	v := &cobra.Command{
		Use: "decide REQUEST approve|modify|deny|pend|withdraw", Short: "Decide on items of a request, as its payer", Args: args(2, 2, "the id of a request and what is decided"),
		RunE: func(cmd *cobra.Command, got []string) error {
			if action = actionWords[got[1]]; action == "" {
				return usage("no decision "+got[1], "use approve, modify, deny, pend or withdraw")
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				p, err := a.known(partner)
				if err != nil {
					return err
				}
				i.Action, r.Authorization, r.At = action, got[0], time.Now()
				if err := a.decideItems(ctx, p.ID, &r, i, items); err != nil {
					return c.refused(err)
				}
				_, err = fmt.Fprintf(c.out, "%s: %s\n", got[0], got[1])
				return err
			})
		},
	}
	f := v.Flags()
	f.StringVar(&partner, "partner", "", "the payer")
	f.Int64Var(&r.Seen, "seen", 0, "version you looked at (auth show); another one now is a conflict")
	f.IntSliceVar(&items, "item", nil, "items by their sequence; default: all that wait")
	f.StringVar(&i.Number, "number", "", "authorization number")
	f.StringVar(&i.Units, "units", "", "units authorised")
	f.StringVar(&i.Unit, "unit", "", "their unit, such as 15min")
	f.StringVar(&i.Start, "start", "", "first day of the authorised period")
	f.StringVar(&i.End, "end", "", "last day")
	f.StringVar(&i.Basis, "basis", "", "what a denial or cut rests on: see docs/mappings/codes.md, denial_basis")
	f.StringVar(&i.ReasonCode, "reason-code", "", "X12 886 code")
	f.StringVar(&i.Reason, "reason", "", "specific reason of a denial or cut, or the information that is wanted")
	f.StringVar(&r.Reviewer, "reviewer", "", "name of who decides")
	f.StringVar(&r.Credential, "credential", "", "credential of the reviewer")
	f.IntVar(&r.ExtendDays, "extend-days", 0, "further calendar days to decide")
	f.StringVar(&r.ExtendWhy, "extend-reason", "", "why they are in the child's interest")
	return v
}

// decideItems decides the named items alike, or all that wait.
func (a *App) decideItems(ctx context.Context, p gateway.PartnerID, r *gateway.Review, i gateway.ItemReview, items []int) error {
	if r.Seen <= 0 {
		return usage("no version", "give --seen with the version that auth show printed, so that nobody decides on what has changed")
	}
	auth, err := reviews{a}.authorization(ctx, p, r.Authorization)
	if err != nil {
		return err
	}
	for n := range auth.Items {
		item := &auth.Items[n]
		if slices.Contains(items, item.Sequence) || len(items) == 0 && item.Action() == gateway.PendedAction {
			i.Sequence = item.Sequence
			r.Items = append(r.Items, i)
		}
	}
	return reviews{a}.Decide(ctx, p, r)
}

// refused prints the issues of a decision that was not taken.
func (c *cli) refused(err error) error {
	var f *gateway.Fault
	if !errors.As(err, &f) || len(f.Issues) == 0 {
		return err
	}
	for _, i := range f.Issues {
		fmt.Fprintln(c.errs, strings.TrimSpace(i.Path+" "+i.Text()))
	}
	return silent(exitFindings)
}
