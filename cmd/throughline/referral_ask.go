package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/hl7v2"
	"github.com/throughline/throughline/store"
)

// askedJSON is what a receiver answered to a question for a referral's status.
type askedJSON struct {
	Task    string `json:"task"`
	Answer  string `json:"answer"`  // RRI^I15, or ACK of who answers later
	Message string `json:"message"` // the answer as it was taken in; empty = it said nothing to take in
	Status  string `json:"status"`  // of the Task now
}

func (c *cli) referralAskVerb() *cobra.Command {
	var partner string
	v := &cobra.Command{
		Use: "ask TASK", Short: "Ask a receiver on HL7 v2 for the status of a referral (REF^I15), and take its answer in", Args: args(1, 1, "a Task, such as Task/0a1b"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				out, err := a.askStatus(ctx, partner, got[0])
				if err != nil {
					return err
				}
				if c.opts.json {
					return c.printJSON(out)
				}
				_, err = fmt.Fprintf(c.out, "%s is %s; %s answered with %s\n", out.Task, out.Status, partner, out.Answer)
				return err
			})
		},
	}
	v.Flags().StringVar(&partner, "partner", "", "who received it")
	return v
}

// askStatus asks a receiver what became of a referral that it may see. What it
// answers on the connection comes in by the door of its messages.
func (a *App) askStatus(ctx context.Context, partner, name string) (*askedJSON, error) {
	p, err := a.known(partner)
	if err != nil {
		return nil, err
	}
	if p.Deliver == nil || p.Deliver.Wire != "mllp" {
		return nil, usage(partner+" is not reached by HL7 v2", "ask a partner with deliver: {wire: mllp}; FHIR servers are asked by poll")
	}
	_, id, _, _ := fhir.ParseRef(name)
	task, err := a.referralOf(ctx, p, id, true)
	if err != nil {
		return nil, err
	}
	answer, err := a.question(ctx, p, task)
	if err != nil {
		return nil, err
	}
	h, err := er7.Peek(answer)
	if err != nil {
		return nil, err
	}
	out := &askedJSON{Task: name, Answer: strings.TrimSuffix(h.Type+"^"+h.Event, "^")}
	if h.Type == "RRI" {
		r, err := a.mllp(nil).Take(ctx, p, answer)
		if err != nil {
			return nil, err
		}
		out.Message = string(r.Message.ID)
	}
	if task, err = a.Store.Read(ctx, p.Caller(), "Task", task.ID); err != nil {
		return nil, err
	}
	out.Status = (&fhir.Resource{Type: "Task", ID: task.ID, JSON: task.JSON}).Get("status").Text()
	return out, nil
}

// question sends the REF^I15 and gives what is answered on its connection. What
// of the child is in it is what the receiver may see.
func (a *App) question(ctx context.Context, p *gateway.Partner, task *gateway.Stored) ([]byte, error) {
	d := &gateway.Delivery{Key: strings.ReplaceAll(string(newID()), "-", ""), Items: []gateway.Item{{Type: "Task", ID: task.ID, Version: task.Version, Verb: gateway.Updated}},
		Resources: []*fhir.Resource{{Type: "Task", ID: task.ID, JSON: task.JSON}}}
	if err := a.Store.Refer(ctx, d, a.caller(p.ID)); err != nil {
		return nil, err
	}
	body, err := hl7v2.Ask(d, p, a.Store.Now(), a.Test)
	if err != nil {
		return nil, err
	}
	look := store.Look{At: time.Now(), Partner: p.ID, Action: "read", Type: "Task", ID: task.ID, Outcome: auditSuccess, Detail: "REF^I15 to the receiver"}
	if err := a.Store.Audit(ctx, look); err != nil {
		return nil, err
	}
	sender, err := dialMLLP(p)
	if err != nil {
		return nil, err
	}
	defer sender.(*mllp.Sender).Close()
	return sender.(*mllp.Sender).Ask(ctx, body)
}
