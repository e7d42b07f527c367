package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// doneJSON says what a decision did.
type doneJSON struct {
	Message    string `json:"message,omitempty"`
	Delivery   string `json:"delivery,omitempty"`
	Done       string `json:"done"`
	Deliveries int    `json:"deliveries"`
}

func (c *cli) done(d doneJSON) error {
	if c.opts.json {
		return c.printJSON(d)
	}
	_, err := fmt.Fprintf(c.out, "%s%s %s, %d deliveries\n", d.Message, d.Delivery, d.Done, d.Deliveries)
	return err
}

// receiptJSON is all there is to know of one message, but for its body.
type receiptJSON struct {
	messageJSON
	Bytes      int            `json:"bytes"`
	Resources  []effectJSON   `json:"resources"`
	Issues     []issueJSON    `json:"issues"`
	Deliveries []deliveryJSON `json:"deliveries"`
}

type effectJSON struct {
	Reference string       `json:"reference"`
	Version   int64        `json:"version"`
	Change    gateway.Verb `json:"change"`
}

type issueJSON struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Path     string `json:"path,omitempty"`
	Where    string `json:"where,omitempty"`
	Found    string `json:"found,omitempty"`
	Allowed  string `json:"allowed,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

func shownIssues(list fhir.Issues) []issueJSON {
	out := make([]issueJSON, 0, len(list))
	for _, i := range list {
		out = append(out, issueJSON{string(i.Severity), i.Code, i.Path, i.Where, i.Found, i.Allowed, i.Fix})
	}
	return out
}

// text is an issue on one line.
func (i issueJSON) text() string {
	line := i.Severity
	for _, place := range []string{i.Where, i.Path} {
		if place != "" {
			line += " " + place
		}
	}
	return line + ": " + fhir.Issue{Severity: fhir.Severity(i.Severity), Code: i.Code, Found: i.Found, Allowed: i.Allowed, Fix: i.Fix}.Text()
}

func (c *cli) messageShowVerb() *cobra.Command {
	var body bool
	v := &cobra.Command{
		Use: "show MESSAGE", Short: "What became of one message", Args: args(1, 1, "the id of one message"),
		RunE: func(cmd *cobra.Command, got []string) error {
			return c.withData(cmd.Context(), func(ctx context.Context, a *App) error {
				if body {
					return c.messageBody(ctx, a, gateway.MessageID(got[0]))
				}
				return c.messageShow(ctx, a, gateway.MessageID(got[0]))
			})
		},
	}
	v.Flags().BoolVar(&body, "body", false, "print the message as it was received instead; the look is audited")
	return v
}

// messageBody prints what was received. It is personal, so the look is kept.
func (c *cli) messageBody(ctx context.Context, a *App, id gateway.MessageID) error {
	r, err := a.Store.Message(ctx, id)
	if err != nil {
		return err
	}
	look := store.Look{At: time.Now(), Partner: gateway.PartnerID("operator " + c.env["USER"]), Action: "read", Type: "message", ID: string(id), Outcome: auditSuccess, Detail: "body"}
	if err := a.Store.Audit(ctx, look); err != nil {
		return err
	}
	_, err = c.out.Write(r.Message.Body)
	return err
}

func (c *cli) messageShow(ctx context.Context, a *App, id gateway.MessageID) error {
	r, err := a.Store.Message(ctx, id)
	if err != nil {
		return err
	}
	list, _, err := a.Store.Messages(ctx, gateway.MessageFilter{IDs: []gateway.MessageID{id}}, gateway.Paging{Limit: 1})
	if err != nil || len(list) == 0 {
		return err
	}
	out := receiptJSON{messageJSON: shownMessage(list[0]), Bytes: len(r.Message.Body), Resources: []effectJSON{}}
	for _, e := range r.Effects {
		out.Resources = append(out.Resources, effectJSON{string(fhir.NewRef(e.Type, e.ID)), e.Version, e.Verb})
	}
	issues := r.Mapped.Issues
	if r.Fault != nil {
		issues = append(r.Fault.Issues, issues...)
	}
	out.Issues = shownIssues(issues)
	if out.Deliveries, err = deliveriesOf(ctx, a, gateway.DeliveryFilter{Message: id}, 0); err != nil {
		return err
	}
	if c.opts.json {
		return c.printJSON(out)
	}
	return c.messageText(out)
}

func (c *cli) messageText(m receiptJSON) error {
	fmt.Fprintf(c.out, "message     %s\nreceived    %s\npartner     %s\nkind        %s by %s\nstate       %s %s\nmapping     %s, generation %d\nbytes       %d\n",
		m.ID, when(m.Received), m.Partner, m.Kind, m.Channel, m.State, m.Fault, m.Mapping, m.Generation, m.Bytes)
	for _, e := range m.Resources {
		fmt.Fprintf(c.out, "resource    %s version %d, %s\n", e.Reference, e.Version, e.Change)
	}
	for _, i := range m.Issues {
		fmt.Fprintf(c.out, "issue       %s\n", i.text())
	}
	for _, d := range m.Deliveries {
		fmt.Fprintf(c.out, "delivery    %s to %s, %s %s\n", d.ID, d.Partner, d.State, d.Fault)
	}
	return nil
}
