package main

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

func (c *cli) mapVerb() *cobra.Command {
	var partner, kind string
	v := &cobra.Command{
		Use: "map FILE", Short: "Show what a file would become: FHIR out, issues, nothing stored; exit 3 when it would be refused",
		Args: args(1, 1, "one file (- = stdin)"),
		RunE: func(_ *cobra.Command, got []string) error { return c.mapFile(got[0], kind, partner) },
	}
	v.Flags().StringVar(&partner, "partner", "", "in whose format the file is")
	v.Flags().StringVar(&kind, "kind", "", "record of a CSV table: service, care_plan ...")
	return v
}

// mappedJSON is what a file would become.
type mappedJSON struct {
	Mappings  []string       `json:"mappings"`
	Bundle    jsontext.Value `json:"bundle"`
	Lines     int            `json:"service_lines"`
	Auths     int            `json:"authorizations"`
	Spans     int            `json:"enrollment_spans"`
	Relations int            `json:"relations"`
	Issues    []issueJSON    `json:"issues"`
}

func (c *cli) mapFile(name, kind, partner string) error {
	cfg, err := c.loaded()
	if err != nil {
		return err
	}
	p, err := partnerOf(cfg, partner)
	if err != nil {
		return err
	}
	body, err := c.readFile(name)
	if err != nil {
		return err
	}
	out, refused := mapAll(name, kind, body, p)
	if c.opts.json {
		err = c.printJSON(out)
	} else {
		for _, i := range out.Issues {
			fmt.Fprintln(c.errs, i.text())
		}
		err = c.printJSON(out.Bundle)
	}
	if err == nil && refused {
		return silent(exitFindings)
	}
	return err
}

// mapAll runs the mappings over every message of a file.
func mapAll(name, kind string, body []byte, p *gateway.Partner) (out mappedJSON, refused bool) {
	g := dryGateway()
	var entries fhir.List
	var issues fhir.Issues
	names := map[string]bool{}
	for piece := range piecesOf(name, kind, body, p) {
		r, found := prepare(g, piece, p)
		issues = append(issues, found...)
		if r == nil {
			refused = true
			continue
		}
		if n := r.Mapped.Name; !names[n] {
			names[n] = true
			out.Mappings = append(out.Mappings, n)
		}
		for _, change := range r.Mapped.Changes {
			if change.Resource != nil {
				entries = append(entries, fhir.Obj("fullUrl", change.FullURL, "resource", change.Resource))
			}
		}
		out.Lines += len(r.Mapped.Facts.Lines)
		out.Auths += len(r.Mapped.Facts.Auths)
		out.Spans += len(r.Mapped.Facts.Spans)
		out.Relations += len(r.Mapped.Relations)
	}
	out.Issues = shownIssues(issues)
	out.Bundle = fhir.Obj("resourceType", "Bundle", "type", "collection", "entry", entries).JSON()
	return out, refused
}

// dryGateway prepares messages and stores nothing.
func dryGateway() *gateway.Gateway { return &gateway.Gateway{Mapping: mappings.For, Now: time.Now} }

// prepare maps and checks one piece of a file; no receipt when it would be
// refused. What would be held counts as refused: it needs someone's hand.
func prepare(g *gateway.Gateway, in piece, p *gateway.Partner) (*gateway.Receipt, fhir.Issues) {
	if in.message == nil {
		return nil, in.issues
	}
	in.message.Received = g.Now()
	r, err := g.Prepare(in.message, p)
	if err == nil && r.Fault != nil {
		err = r.Fault
	}
	if err != nil {
		f := gateway.FaultOf(err)
		if len(f.Issues) == 0 {
			f.Issues = fhir.Issues{{Severity: fhir.Error, Code: "processing", Found: "something that cannot be mapped", Fix: "ask the operator"}}
		}
		return nil, f.Issues.At(in.message.Origin)
	}
	return r, append(in.issues, r.Mapped.Issues.At(in.message.Origin)...)
}
