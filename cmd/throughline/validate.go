package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

func (c *cli) validateVerb() *cobra.Command {
	var partner, kind string
	v := &cobra.Command{
		Use: "validate FILE...", Short: "Report every issue of FHIR, records or tables; exit 3 when something would be refused",
		Args: args(1, -1, "one file or more (- = stdin)"),
		RunE: func(_ *cobra.Command, got []string) error { return c.validate(got, kind, partner) },
	}
	v.Flags().StringVar(&partner, "partner", "", "in whose format records and tables are; default: our own")
	v.Flags().StringVar(&kind, "kind", "", "record of a CSV table: service, care_plan ...")
	return v
}

// validJSON is what was found in one file.
type validJSON struct {
	File   string      `json:"file"`
	Valid  bool        `json:"valid"`
	Issues []issueJSON `json:"issues"`
}

func (c *cli) validate(files []string, kind, partner string) error {
	p, err := c.formatOf(partner)
	if err != nil {
		return err
	}
	all := make([]validJSON, 0, len(files))
	code := exitFine
	for _, name := range files {
		body, err := c.readFile(name)
		if err != nil {
			return err
		}
		issues := issuesIn(name, kind, body, p)
		one := validJSON{File: name, Valid: !issues.Errors(), Issues: shownIssues(issues)}
		all = append(all, one)
		if !one.Valid {
			code = exitFindings
		}
		if !c.opts.json {
			c.printValid(one)
		}
	}
	if c.opts.json {
		if err := c.printJSON(all); err != nil {
			return err
		}
	}
	return silent(code)
}

func (c *cli) printValid(v validJSON) {
	word := "valid"
	if !v.Valid {
		word = "not valid"
	}
	fmt.Fprintf(c.out, "%s: %s\n", v.File, word)
	for _, i := range v.Issues {
		fmt.Fprintln(c.out, indented(i.text()))
	}
}

// formatOf is the partner whose format counts; without a name, one with none of
// its own.
func (c *cli) formatOf(partner string) (*gateway.Partner, error) {
	if partner == "" {
		return &gateway.Partner{ID: "anyone"}, nil
	}
	cfg, err := c.loaded()
	if err != nil {
		return nil, err
	}
	return partnerOf(cfg, partner)
}

// issuesIn is everything that is wrong with a file. FHIR is checked as it
// stands; records are mapped first.
func issuesIn(name, kind string, body []byte, p *gateway.Partner) fhir.Issues {
	if !isTable(name, kind) && fhirBody(body) {
		r, issues := fhir.Parse(body, fhir.Limits{})
		if r == nil {
			return issues
		}
		return append(issues, fhir.Validate(r)...)
	}
	var all fhir.Issues
	g := dryGateway()
	for piece := range piecesOf(name, kind, body, p) {
		_, found := prepare(g, piece, p)
		all = append(all, found...)
	}
	return all
}
