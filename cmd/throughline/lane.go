package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/gateway"
)

// laneJSON is a lane as its operator sees it: what waits, why, who is next.
type laneJSON struct {
	Partner  gateway.PartnerID  `json:"partner"`
	Subject  string             `json:"subject"` // our own key of the child; - = no child
	State    gateway.LaneState  `json:"state"`
	Waiting  int                `json:"waiting"`
	Parked   int                `json:"parked"`
	Oldest   time.Time          `json:"oldest"`
	Breaker  string             `json:"breaker"` // closed, half-open, open; empty = nothing is sent by the process that was asked
	Head     gateway.DeliveryID `json:"head"`
	Message  gateway.MessageID  `json:"message"`
	Attempts int                `json:"attempts"`
	NextAt   string             `json:"next_at"`
	GivesUp  string             `json:"gives_up"`
	Code     gateway.Code       `json:"code"`
	Fault    string             `json:"fault"`
	Cause    string             `json:"cause"`
	Owner    gateway.Owner      `json:"owner"`
	Next     string             `json:"next_step"`
}

func (a *App) shownLane(l gateway.LaneStatus) laneJSON {
	out := laneJSON{Partner: l.Partner, Subject: l.Subject, State: l.State, Waiting: l.Waiting, Parked: l.Parked, Oldest: l.Oldest, Breaker: a.breaker(l.Partner),
		Head: l.Head, Message: l.Message, Attempts: l.Attempts, NextAt: when(l.NextAt), GivesUp: when(l.GivesUp()), Code: l.Code, Fault: l.Fault}
	if cause, wrong := l.Cause(); wrong {
		out.Cause, out.Owner, out.Next = cause.Words, cause.Owner, cause.Next
	}
	return out
}

// breaker is the state of a partner's breaker in this process. A partner without
// an endpoint is never sent anything: what is for it is kept.
func (a *App) breaker(id gateway.PartnerID) string {
	if p, ok := a.partner(id); ok && p.Deliver != nil && p.Deliver.Wire == gateway.KeepWire {
		return "kept: no test endpoint"
	}
	if a.breakers == nil {
		return ""
	}
	return a.breakers()[id]
}

func (a *App) lanes(ctx context.Context, f gateway.LaneFilter, limit int) ([]laneJSON, error) {
	found, err := pages(limit, func(p gateway.Paging) ([]gateway.LaneStatus, string, error) { return a.Store.Lanes(ctx, f, p) })
	out := make([]laneJSON, 0, len(found))
	for _, l := range found {
		out = append(out, a.shownLane(l))
	}
	return out, err
}

func (c *cli) laneListVerb() *cobra.Command {
	var f gateway.LaneFilter
	var limit int
	v := &cobra.Command{
		Use: "list", Short: "List the lanes that are not empty, longest waiting first", Args: args(0, 0, "no arguments; narrow it with flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				list, err := a.lanes(ctx, f, limit)
				if err != nil {
					return err
				}
				return show(c, list, "every lane is empty", []string{"PARTNER", "CHILD", "STATE", "WAITING", "OLDEST", "BREAKER", "TRIES", "NEXT TRY", "OWNER", "CAUSE"}, func(l laneJSON) []string {
					return []string{string(l.Partner), l.Subject, string(l.State), strconv.Itoa(l.Waiting), when(l.Oldest), l.Breaker, strconv.Itoa(l.Attempts), l.NextAt, string(l.Owner), l.Cause}
				})
			})
		},
	}
	v.Flags().StringVar((*string)(&f.Partner), "partner", "", "lanes to one partner")
	v.Flags().StringVar((*string)(&f.State), "state", "", "sending, ready, retry or stopped")
	v.Flags().IntVar(&limit, "limit", 100, "at most so many; 0 = all")
	return v
}

// laneShown is one lane with its deliveries and the retry ladder.
type laneShown struct {
	laneJSON
	Deliveries []deliveryJSON `json:"deliveries"`
	Ladder     []rungJSON     `json:"ladder"`
}

type rungJSON struct {
	Try  int     `json:"after_try"`
	Wait float64 `json:"wait_seconds"`
	Here bool    `json:"here"`
}

func (c *cli) laneShowVerb() *cobra.Command {
	return &cobra.Command{
		Use: "show PARTNER CHILD", Short: "One lane: its deliveries in order, the retry ladder, who is next", Args: args(2, 2, "the partner and the child, as lane list shows them"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				shown, err := a.lane(ctx, gateway.Lane{Partner: gateway.PartnerID(got[0]), Subject: got[1]})
				if err != nil {
					return err
				}
				if c.opts.json {
					return c.printJSON(shown)
				}
				return c.printLane(shown)
			})
		},
	}
}

func (a *App) lane(ctx context.Context, l gateway.Lane) (*laneShown, error) {
	list, err := a.lanes(ctx, gateway.LaneFilter{Partner: l.Partner, Subject: l.Subject}, 1)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, &failure{code: exitFault, text: "nothing waits in this lane", todo: "see `throughline lane list`; what was delivered is in `message deliveries`"}
	}
	out := &laneShown{laneJSON: list[0]}
	if out.Deliveries, err = deliveriesOf(ctx, a, gateway.DeliveryFilter{Partner: l.Partner, Subject: l.Subject, State: "open"}, 100); err != nil {
		return nil, err
	}
	ladder := gateway.Ladder()
	for i, r := range ladder {
		here := out.State == gateway.LaneRetry && (r.Try == out.Attempts || i == len(ladder)-1 && out.Attempts > r.Try)
		out.Ladder = append(out.Ladder, rungJSON{r.Try, r.Wait.Seconds(), here})
	}
	return out, nil
}

func (c *cli) printLane(l *laneShown) error {
	fmt.Fprintf(c.out, "lane        %s, child %s\nstate       %s, breaker %s\nwaiting     %d, oldest since %s\n", l.Partner, l.Subject, l.State, orUnknown(l.Breaker), l.Waiting, when(l.Oldest))
	if l.Cause != "" {
		fmt.Fprintf(c.out, "cause       %s (%s)\n            %s\nowner       %s\nnext step   %s\n", l.Cause, l.Code, l.Fault, l.Owner, l.Next)
	}
	if l.State == gateway.LaneRetry {
		fmt.Fprintf(c.out, "next try    %s, after %s; given up at %s\nladder      ", l.NextAt, tries(l.Attempts), l.GivesUp)
		for _, r := range l.Ladder {
			mark := ""
			if r.Here {
				mark = " <- here"
			}
			fmt.Fprintf(c.out, "%s%s  ", time.Duration(r.Wait*float64(time.Second)), mark)
		}
		fmt.Fprintln(c.out)
	}
	for _, d := range l.Deliveries {
		fmt.Fprintf(c.out, "delivery    %s of message %s, %s, %s, queued %s\n", d.ID, d.Message, d.State, tries(d.Attempts), when(d.QueuedAt))
	}
	return nil
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return strconv.Itoa(n) + " tries"
}

func orUnknown(breaker string) string {
	if breaker == "" {
		return "unknown (nothing is sent by this process)"
	}
	return breaker
}
