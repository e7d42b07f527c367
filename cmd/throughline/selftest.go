package main

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/throughline/throughline/adapters/files"
	"github.com/throughline/throughline/adapters/pas"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/batch"
)

// selfTestTime bounds the self-test of one partner.
const selfTestTime = time.Minute

// selfTest tries every wire of a partner. What goes out goes to its test
// endpoint; what would come in is mapped and not kept. Live data is not touched.
func (a *App) selfTest(ctx context.Context, id gateway.PartnerID) ([]gateway.TestStep, error) {
	tests, err := a.openTests(ctx)
	if err != nil {
		return nil, err
	}
	if !tests.Test {
		return nil, errors.New("selftest: not in the world of tests") // it would send to live endpoints
	}
	p, err := tests.known(string(id))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, selfTestTime)
	defer cancel()
	var steps []gateway.TestStep
	switch {
	case p.Deliver == nil:
		steps = append(steps, gateway.TestStep{Wire: "out", Name: "connect", Result: gateway.TestSkipped, Found: "it collects by asking: nothing is sent to it"})
	case p.Deliver.Wire == gateway.KeepWire:
		steps = append(steps, gateway.TestStep{Wire: "out", Name: "connect", Result: gateway.TestSkipped, Found: "no test endpoint", Fix: "name one with test_deliver: a self-test never sends to a live endpoint"})
	default:
		steps = gateway.SelfTest(ctx, p, tests.testWire(p))
	}
	return append(steps, tests.inboundTest(p)...), nil
}

// testWire is a partner's way out as a self-test uses it: what a payer answers is
// mapped and not kept, and an interchange has a number that no delivery has.
func (a *App) testWire(p *gateway.Partner) gateway.Wire {
	w := a.wires()[p.Deliver.Wire]
	switch {
	case p.Deliver.Wire == "pas":
		w.Dial = func(p *gateway.Partner) (gateway.Sender, error) {
			return pas.New(p, pas.Options{Receive: func(_ context.Context, m *gateway.Message) (*gateway.Receipt, error) { return a.Gateway.Prepare(m, p) }})
		}
	case p.Deliver.Format == "x12":
		at := a.Store.Now()
		w.Dial = func(p *gateway.Partner) (gateway.Sender, error) {
			return files.New(p, func(_ context.Context, parcel *gateway.Parcel) ([]byte, error) {
				return batch.Seal(p.X12, parcel, at.Unix()%1e9, at.In(zoneOf(p)), true), nil
			})
		}
	}
	return w
}

// inboundTest maps an example of every kind that the partner may send as JSON or
// CSV, and one broken record of each: nothing is stored.
func (a *App) inboundTest(p *gateway.Partner) []gateway.TestStep {
	var out []gateway.TestStep
	for _, kind := range p.Sends {
		body := mappings.Example(kind)
		if body == nil || !strings.HasPrefix(string(kind), "json/") {
			continue
		}
		step := gateway.TestStep{Wire: "in", Name: "would take " + string(kind), Result: gateway.TestOK}
		if _, err := a.Gateway.Prepare(&gateway.Message{Partner: p.ID, Kind: kind, Body: body, Test: true}, p); err != nil {
			step.Result, step.Found, step.Fix = gateway.TestFailed, gateway.FaultOf(err).Error(), "compare the partner's format in the configuration with `throughline template`"
		}
		bad := gateway.TestStep{Wire: "in", Name: "would refuse a broken " + string(kind), Result: gateway.TestOK}
		if _, err := a.Gateway.Prepare(&gateway.Message{Partner: p.ID, Kind: kind, Body: []byte(`{"record": "` + strings.TrimPrefix(string(kind), "json/") + `"}`), Test: true}, p); err == nil {
			bad.Result, bad.Found = gateway.TestFailed, "a record with nothing in it was taken"
		}
		out = append(out, step, bad)
	}
	return out
}

func (c *cli) partnerTestVerb() *cobra.Command {
	var format string
	v := &cobra.Command{
		Use: "test PARTNER", Short: "Try a partner's wires with test data: connect, authenticate, send, send again, broken data. Exit 3 when a step fails",
		Args: args(1, 1, "the id of one partner"),
		RunE: func(cmd *cobra.Command, got []string) error {
			if format != "text" && format != "html" {
				return usage("no format "+format, "use text or html, or --json")
			}
			return c.withApp(cmd.Context(), true, func(ctx context.Context, a *App) error {
				return c.partnerTest(ctx, a, gateway.PartnerID(got[0]), format)
			})
		},
	}
	v.Flags().StringVar(&format, "format", "text", "text, or html to print")
	return v
}

func (c *cli) partnerTest(ctx context.Context, a *App, id gateway.PartnerID, format string) error {
	steps, err := a.selfTest(ctx, id)
	if err != nil {
		return err
	}
	if format == "html" && !c.opts.json {
		err = c.selfTestPage(a, id, steps)
	} else {
		err = show(c, steps, "nothing to test", []string{"WIRE", "STEP", "RESULT", "FOUND", "TO DO"}, func(s gateway.TestStep) []string {
			return []string{s.Wire, s.Name, string(s.Result), s.Found, s.Fix}
		})
	}
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.Result == gateway.TestFailed {
			return silent(exitFindings)
		}
	}
	return nil
}

var selfTestHTML = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Self-test of {{.Partner}}</title>
<style>body{font:11pt/1.45 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.35rem .6rem;text-align:left;vertical-align:top}.failed{font-weight:bold}tr{break-inside:avoid}</style>
<h1>Self-test of {{.Partner}}</h1><p>{{.At}}. Only test data was used; nothing went into live data.</p>
<table><thead><tr><th>Wire<th>Step<th>Result<th>Found<th>To do</tr></thead><tbody>
{{range .Steps}}<tr><td>{{.Wire}}<td>{{.Name}}<td class="{{.Result}}">{{.Result}}<td>{{.Found}}<td>{{.Fix}}</tr>
{{end}}</tbody></table></html>
`))

func (c *cli) selfTestPage(a *App, id gateway.PartnerID, steps []gateway.TestStep) error {
	var b bytes.Buffer
	err := selfTestHTML.Execute(&b, map[string]any{"Partner": id, "At": when(a.Store.Now()), "Steps": steps})
	if err == nil {
		_, err = b.WriteTo(c.out)
	}
	return err
}

// SelfTest tries a partner's wires with test data.
func (d desk) SelfTest(ctx context.Context, id gateway.PartnerID) ([]gateway.TestStep, error) {
	steps, err := d.app.selfTest(ctx, id)
	if len(steps) == 0 && err == nil {
		err = gateway.Faultf("selftest", gateway.NotSupported, fhir.Issue{Code: "not-supported", Found: "a partner without a wire to test"})
	}
	return steps, err
}
