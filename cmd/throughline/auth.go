package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// questionJSON is a question of POST /v1/authorizations/check.
type questionJSON struct {
	Authorization string `json:"authorization_id,omitempty"`
	Source        string `json:"source,omitempty"`
	Member        string `json:"member_id,omitempty"`
	Code          string `json:"code,omitempty"`
	Modifiers     string `json:"modifiers,omitempty"`
	Provider      string `json:"provider_id,omitempty"`
	Date          string `json:"service_date,omitempty"`
	Units         string `json:"units,omitempty"`
	Unit          string `json:"unit,omitempty"`
}

func (c *cli) authCheckVerb() *cobra.Command {
	var f doorFlags
	var q questionJSON
	v := &cobra.Command{
		Use: "check", Short: "Is it covered, and how many units are left? Exit 3 when the answer is no",
		Args: args(0, 0, "no arguments; ask with flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if q.Authorization == "" && q.Member == "" {
				return usage("nothing to ask about", "give --authorization, or --member with --code and --date")
			}
			return c.withDoor(cmd.Context(), f, false, func(ctx context.Context, d *door) error { return c.authCheck(ctx, d, q) })
		},
	}
	f.add(c, v)
	flags := v.Flags()
	flags.StringVar(&q.Authorization, "authorization", "", "authorization id")
	flags.StringVar(&q.Source, "source", "", "partner that sent the authorization, when its id is not the only one")
	flags.StringVar(&q.Member, "member", "", "member id")
	flags.StringVar(&q.Code, "code", "", "service code")
	flags.StringVar(&q.Modifiers, "modifiers", "", "modifiers, separated by blanks or colons")
	flags.StringVar(&q.Provider, "provider", "", "NPI, or the payer's own id")
	flags.StringVar(&q.Date, "date", "", "date of service; default: today")
	flags.StringVar(&q.Units, "units", "", "units wanted; default: how many could be given")
	flags.StringVar(&q.Unit, "unit", "", "unit of the quantity, such as 15min")
	return v
}

// checkJSON is what we read of the API's answer.
type checkJSON struct {
	Answer         string `json:"answer"`
	Reason         string `json:"reason"`
	Date           string `json:"service_date"`
	Available      int64  `json:"units_available"`
	Needed         int64  `json:"units_needed"`
	AsOf           string `json:"as_of"`
	Authorizations []struct {
		ID        string `json:"authorization_id"`
		Source    string `json:"source"`
		Status    string `json:"status"`
		Start     string `json:"start"`
		End       string `json:"end"`
		Approved  int64  `json:"approved"`
		Used      int64  `json:"used"`
		Remaining int64  `json:"remaining"`
		Received  string `json:"received_at"`
		Age       *int64 `json:"age_days"`
	} `json:"authorizations"`
	Issues []issueJSON `json:"issues"` // of a problem
}

func (c *cli) authCheck(ctx context.Context, d *door, q questionJSON) error {
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	ans, err := d.post(ctx, "/authorizations/check", "application/json", "", body)
	if err != nil {
		return err
	}
	var read checkJSON
	if err := json.Unmarshal(ans.body, &read); err != nil {
		return &failure{code: exitFault, text: "an answer that is not the partner API's: " + ans.outcome(), todo: "see whether --url ends in /v1"}
	}
	code := ans.code()
	if code == exitFine && read.Answer == "no" {
		code = exitFindings
	}
	switch {
	case c.opts.json:
		err = c.printJSON(jsontext.Value(ans.body))
	case ans.code() != exitFine:
		for _, i := range read.Issues {
			fmt.Fprintln(c.errs, i.text())
		}
	default:
		c.printCheck(&read)
	}
	if err != nil {
		return err
	}
	return silent(code)
}

// printCheck says the answer and its evidence.
func (c *cli) printCheck(a *checkJSON) {
	fmt.Fprintf(c.out, "%s: %s\n", a.Answer, strings.TrimSuffix(a.Reason, "."))
	fmt.Fprintf(c.out, "  on %s %s available, known as of %s\n", a.Date, counted(a.Available, "unit"), a.AsOf)
	for _, p := range a.Authorizations {
		fmt.Fprintf(c.out, "  %s: %d of %d units left until %s; %s from %s on, %d used; source %s", p.ID, p.Remaining, p.Approved, orOpen(p.End), p.Status, p.Start, p.Used, p.Source)
		if p.Age != nil {
			fmt.Fprintf(c.out, ", received %s, %s ago", p.Received, counted(*p.Age, "day"))
		}
		fmt.Fprintln(c.out)
	}
}

func orOpen(end string) string {
	if end == "" {
		return "an open end"
	}
	return end
}
