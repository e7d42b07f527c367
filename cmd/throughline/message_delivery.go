package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
)

// deliveryJSON is a delivery as its operator sees it.
type deliveryJSON struct {
	ID        gateway.DeliveryID `json:"id"`
	Message   gateway.MessageID  `json:"message"`
	Partner   gateway.PartnerID  `json:"partner"`
	Subject   string             `json:"subject"`
	State     string             `json:"state"`
	Items     []string           `json:"items"`
	Attempts  int                `json:"attempts"`
	Fault     string             `json:"fault"`
	Remote    string             `json:"remote"`
	BlockedBy gateway.DeliveryID `json:"blocked_by"`
	QueuedAt  time.Time          `json:"queued_at"`
	NextAt    string             `json:"next_at"`
	DoneAt    string             `json:"done_at"`
}

func shownDelivery(d gateway.DeliveryStatus) deliveryJSON {
	out := deliveryJSON{ID: d.ID, Message: d.Message, Partner: d.Lane.Partner, Subject: d.Lane.Subject, State: d.State, Items: []string{}, Attempts: d.Attempts,
		Fault: d.Fault, Remote: d.Remote, BlockedBy: d.BlockedBy, QueuedAt: d.QueuedAt, NextAt: when(d.NextAt), DoneAt: when(d.DoneAt)}
	for _, i := range d.Items {
		out.Items = append(out.Items, i.Type+"/"+i.ID+"/"+strconv.FormatInt(i.Version, 10)+" "+string(i.Verb))
	}
	return out
}

func deliveriesOf(ctx context.Context, a *App, f gateway.DeliveryFilter, limit int) ([]deliveryJSON, error) {
	found, err := pages(limit, func(p gateway.Paging) ([]gateway.DeliveryStatus, string, error) {
		return a.Store.ListDeliveries(ctx, f, p)
	})
	out := make([]deliveryJSON, 0, len(found))
	for _, d := range found {
		out = append(out, shownDelivery(d))
	}
	return out, err
}

// deliveryFlags are the flags that select deliveries.
func deliveryFlags(v *cobra.Command, f *gateway.DeliveryFilter) {
	flags := v.Flags()
	flags.StringVar((*string)(&f.ID), "delivery", "", "one delivery")
	flags.StringVar((*string)(&f.Message), "message", "", "deliveries of one message")
	flags.StringVar((*string)(&f.Partner), "partner", "", "deliveries to one partner")
}

func (c *cli) messageDeliveriesVerb() *cobra.Command {
	f := gateway.DeliveryFilter{}
	var limit int
	v := &cobra.Command{
		Use: "deliveries", Short: "List deliveries, oldest first", Args: args(0, 0, "no arguments; narrow it with flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				list, err := deliveriesOf(ctx, a, f, limit)
				if err != nil {
					return err
				}
				return show(c, list, "no such deliveries", []string{"ID", "TO", "STATE", "TRIES", "QUEUED", "NEXT", "FAULT", "MESSAGE"}, func(d deliveryJSON) []string {
					return []string{string(d.ID), string(d.Partner), d.State, strconv.Itoa(d.Attempts), when(d.QueuedAt), d.NextAt, d.Fault, string(d.Message)}
				})
			})
		},
	}
	deliveryFlags(v, &f)
	v.Flags().StringVar(&f.State, "state", "", "ready, parked, delivered, skipped; open = ready or parked")
	v.Flags().IntVar(&limit, "limit", 100, "at most so many; 0 = all")
	return v
}

func (c *cli) messageRedeliverVerb() *cobra.Command {
	f := gateway.DeliveryFilter{}
	var o replayFlags
	v := &cobra.Command{
		Use: "redeliver", Short: "Send parked deliveries on their way again, in order", Args: args(0, 0, "no arguments; select with flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.ID == "" && f.Message == "" && f.Partner == "" {
				return usage("all parked deliveries at once", "select with --partner, --message or --delivery")
			}
			if err := o.check(); err != nil {
				return err
			}
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				return c.replayed(ctx, a, o, &gateway.Job{Kind: gateway.JobDeliveries, Deliveries: f}, func(order gateway.Order) (gateway.Summary, error) {
					return a.replay().Deliveries(ctx, f, order)
				})
			})
		},
	}
	deliveryFlags(v, &f)
	o.add(c, v)
	return v
}
