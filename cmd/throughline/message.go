package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
)

// messageJSON is a stored message without its body.
type messageJSON struct {
	ID         gateway.MessageID `json:"id"`
	Received   time.Time         `json:"received"`
	Partner    gateway.PartnerID `json:"partner"`
	Channel    string            `json:"channel"`
	Kind       gateway.Kind      `json:"kind"`
	Origin     string            `json:"origin"`
	State      gateway.State     `json:"state"`
	Fault      string            `json:"fault"`
	Mapping    string            `json:"mapping"`
	Generation int               `json:"generation"`
}

func shownMessage(m gateway.MessageStatus) messageJSON {
	return messageJSON{m.ID, m.Received, m.Partner, m.Channel, m.Kind, m.Origin, m.State, m.Fault, m.Mapping, m.Generation}
}

// filterFlags are the flags that select messages.
type filterFlags struct {
	ids                           []string
	partner, channel, kind, state string
	since, until                  string
}

func (f *filterFlags) add(v *cobra.Command) {
	flags := v.Flags()
	flags.StringVar(&f.partner, "partner", "", "who sent it")
	flags.StringVar(&f.channel, "channel", "", "the door it came by: fhir, messages")
	flags.StringVar(&f.kind, "kind", "", "such as fhir/CarePlan, json/care_plan, csv/service")
	flags.StringVar(&f.state, "state", "", "accepted, held or discarded")
	flags.StringVar(&f.since, "since", "", "received from this time or date on")
	flags.StringVar(&f.until, "until", "", "received before this time or date")
}

func (f *filterFlags) filter() (out gateway.MessageFilter, err error) {
	for _, id := range f.ids {
		out.IDs = append(out.IDs, gateway.MessageID(id))
	}
	out.Partner, out.Channel, out.Kind, out.State = gateway.PartnerID(f.partner), f.channel, gateway.Kind(f.kind), gateway.State(f.state)
	switch out.State {
	case "", gateway.Accepted, gateway.Held, gateway.Discarded:
	default:
		return out, usage("no state "+f.state, "use accepted, held or discarded")
	}
	if out.From, err = moment("--since", f.since); err != nil {
		return out, err
	}
	out.To, err = moment("--until", f.until)
	return out, err
}

func (c *cli) messageListVerb() *cobra.Command {
	var f filterFlags
	var limit int
	v := &cobra.Command{
		Use: "list", Short: "List messages in the order they were taken in", Args: args(0, 0, "no arguments; narrow it with flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error { return c.messageList(ctx, a, f, limit) })
		},
	}
	f.add(v)
	v.Flags().IntVar(&limit, "limit", 100, "at most so many; 0 = all")
	return v
}

func (c *cli) messageList(ctx context.Context, a *App, f filterFlags, limit int) error {
	filter, err := f.filter()
	if err != nil {
		return err
	}
	found, err := pages(limit, func(p gateway.Paging) ([]gateway.MessageStatus, string, error) {
		return a.Store.Messages(ctx, filter, p)
	})
	if err != nil {
		return err
	}
	var list []messageJSON
	for _, m := range found {
		list = append(list, shownMessage(m))
	}
	return show(c, list, "no such messages", []string{"ID", "RECEIVED", "PARTNER", "KIND", "STATE", "FAULT", "ORIGIN"}, func(m messageJSON) []string {
		return []string{string(m.ID), when(m.Received), string(m.Partner), string(m.Kind), string(m.State), m.Fault, m.Origin}
	})
}

// byReason are the flags of what a person decides; both go to the audit trail.
type byReason struct{ reason, who string }

func (b *byReason) add(c *cli, v *cobra.Command) {
	v.Flags().StringVar(&b.reason, "reason", "", "why; kept in the audit trail")
	v.Flags().StringVar(&b.who, "who", c.env["USER"], "who decides; kept in the audit trail")
	_ = v.MarkFlagRequired("reason") // the flag is there
}

func (b *byReason) check() error {
	if b.who == "" {
		return usage("nobody to write into the audit trail", "say who decides with --who")
	}
	return nil
}

// byID is a verb that decides about one thing by its id.
func (c *cli) byID(use, short, what string, do func(ctx context.Context, a *App, id string, b byReason) error) *cobra.Command {
	var b byReason
	v := &cobra.Command{
		Use: use, Short: short, Args: args(1, 1, "the id of one "+what),
		RunE: func(cmd *cobra.Command, got []string) error {
			if err := b.check(); err != nil {
				return err
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error { return do(ctx, a, got[0], b) })
		},
	}
	b.add(c, v)
	return v
}

func (c *cli) messageDiscardVerb() *cobra.Command {
	return c.byID("discard MESSAGE", "Give up a held message for good", "message", func(ctx context.Context, a *App, id string, b byReason) error {
		if err := a.Store.Discard(ctx, gateway.MessageID(id), b.reason, b.who); err != nil {
			return err
		}
		return c.done(doneJSON{Message: id, Done: "discarded"})
	})
}

func (c *cli) messageHoldVerb() *cobra.Command {
	return c.byID("hold MESSAGE", "Stop the deliveries of a message that are still to be sent", "message", func(ctx context.Context, a *App, id string, b byReason) error {
		n, err := a.Store.Hold(ctx, gateway.MessageID(id), b.reason, b.who)
		if err != nil {
			return err
		}
		return c.done(doneJSON{Message: id, Done: "held", Deliveries: n})
	})
}

func (c *cli) messageSkipVerb() *cobra.Command {
	return c.byID("skip DELIVERY", "Leave out one delivery for good; its lane goes on", "delivery", func(ctx context.Context, a *App, id string, b byReason) error {
		if err := a.Store.Skip(ctx, gateway.DeliveryID(id), b.reason, b.who); err != nil {
			return err
		}
		return c.done(doneJSON{Delivery: id, Done: "skipped", Deliveries: 1})
	})
}
