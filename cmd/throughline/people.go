package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// peopleVerbs are the queue of messages whose child is not certain.
func (c *cli) peopleVerbs() *cobra.Command {
	return noun("people", "Decide whose record a held message is", c.peopleListVerb(), c.peopleShowVerb(),
		c.peopleDecideVerb("link REVIEW", "Say that it is one child: join, and apply the message", (*store.Store).LinkPeople),
		c.peopleDecideVerb("separate REVIEW", "Say that they are different children: apply the message to its sender's own", (*store.Store).SeparatePeople))
}

// reviewJSON is one message whose child is in doubt.
type reviewJSON struct {
	ID       string            `json:"id"`
	At       time.Time         `json:"at"`
	Message  gateway.MessageID `json:"message"`
	Partner  gateway.PartnerID `json:"partner"`
	Cause    string            `json:"cause"`
	State    string            `json:"state"`
	Persons  []string          `json:"persons"`
	Who      string            `json:"who,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Children []personJSON      `json:"children,omitempty"`
}

// personJSON is what a human tells one child from another by.
type personJSON struct {
	ID          string              `json:"id"`
	Identifiers []string            `json:"identifiers"` // system|value; partner|system|value when not trusted
	Given       []string            `json:"given"`
	BirthDates  []string            `json:"birth_dates"`
	Partners    []gateway.PartnerID `json:"partners"`
	Records     int                 `json:"records"`
}

func shownReview(r *store.Review) reviewJSON {
	return reviewJSON{ID: r.ID, At: r.At, Message: r.Message, Partner: r.Partner, Cause: r.Cause, State: r.State, Persons: r.Persons, Who: r.Who, Reason: r.Reason}
}

func (c *cli) peopleListVerb() *cobra.Command {
	var all bool
	v := &cobra.Command{
		Use: "list", Short: "List what waits for a decision, oldest first", Args: args(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				found, err := a.Store.Reviews(ctx, all)
				if err != nil {
					return err
				}
				var list []reviewJSON
				for i := range found {
					list = append(list, shownReview(&found[i]))
				}
				return show(c, list, "nobody is in doubt", []string{"ID", "SINCE", "PARTNER", "CAUSE", "CHILDREN", "STATE", "MESSAGE"}, func(r reviewJSON) []string {
					return []string{r.ID, when(r.At), string(r.Partner), r.Cause, fmt.Sprint(len(r.Persons)), r.State, string(r.Message)}
				})
			})
		},
	}
	v.Flags().BoolVar(&all, "all", false, "also what was decided")
	return v
}

func (c *cli) peopleShowVerb() *cobra.Command {
	return &cobra.Command{
		Use: "show REVIEW", Short: "Show the children in doubt side by side", Args: args(1, 1, "the id of a review or of its message"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error { return c.peopleShow(ctx, a, got[0]) })
		},
	}
}

func (c *cli) peopleShow(ctx context.Context, a *App, id string) error {
	r, err := a.Store.Review(ctx, id)
	if err != nil {
		return err
	}
	cards, err := a.Store.People(ctx, r.Persons)
	if err != nil {
		return err
	}
	out := shownReview(r)
	for _, card := range cards {
		p := personJSON{ID: card.ID, Given: card.Given, BirthDates: card.BirthDates, Partners: card.Partners, Records: card.Records}
		for _, i := range card.Identifiers {
			p.Identifiers = append(p.Identifiers, i.System+"|"+i.Value)
		}
		out.Children = append(out.Children, p)
	}
	if c.opts.json {
		return c.printJSON(out)
	}
	fmt.Fprintf(c.out, "%s: %s, %s, message %s of %s\n", out.ID, out.Cause, out.State, out.Message, out.Partner)
	for _, p := range out.Children {
		_, err = fmt.Fprintf(c.out, "  child %s\n    ids      %s\n    given    %s\n    born     %s\n    records  %d, from %s\n", p.ID,
			strings.Join(p.Identifiers, "\n             "), strings.Join(p.Given, ", "), strings.Join(p.BirthDates, ", "), p.Records, joined(p.Partners))
	}
	return err
}

func joined(partners []gateway.PartnerID) string {
	words := make([]string, len(partners))
	for i, p := range partners {
		words[i] = string(p)
	}
	return strings.Join(words, ", ")
}

// peopleDecideVerb decides a review and replays its message.
func (c *cli) peopleDecideVerb(use, short string, decide func(s *store.Store, ctx context.Context, id, reason, who string) (*store.Review, error)) *cobra.Command {
	return c.byID(use, short, "review", func(ctx context.Context, a *App, id string, b byReason) error {
		r, err := decide(a.Store, ctx, id, b.reason, b.who)
		if err != nil {
			return err
		}
		sum, err := a.replay().Messages(ctx, gateway.MessageFilter{IDs: []gateway.MessageID{r.Message}}, gateway.Order{Reason: b.reason, Who: b.who})
		if err != nil {
			return err
		}
		out := shownReview(r)
		if sum.Applied == 0 {
			out.State += ", the message is still held: see throughline message show"
		}
		if c.opts.json {
			return c.printJSON(out)
		}
		_, err = fmt.Fprintf(c.out, "%s %s, %d applied\n", out.ID, out.State, sum.Applied)
		return err
	})
}
