package mllp_test

import (
	"context"
	"strings"
	"testing"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/hl7v2"
)

// TestQuestionIsAnsweredOnItsConnection: by the application's message, never by
// that of the commit; what is not found is AE with 204, and is not kept.
func TestQuestionIsAnsweredOnItsConnection(t *testing.T) {
	asks := func(l *mllp.Listener) {
		l.Ask = func(_ context.Context, p *gateway.Partner, m *gateway.Message) (func(*hl7v2.Message), error) {
			switch {
			case p.ID != "clinic-d" || m.Kind != "hl7v2/REF^I15":
				return nil, nil
			case strings.Contains(string(m.Body), "|none^"):
				return nil, gateway.Faultf("ask", gateway.NotFound, fhir.Issue{Code: "not-found", Path: "RF1-6", Found: "no such referral"})
			}
			return func(reply *hl7v2.Message) { reply.Append("RF1").Put(1, "A") }, nil
		}
	}
	k := &taken{}
	e := open(t, intake(k, clinic()), asks)
	t.Cleanup(e.Stop)
	question := func(control, content string, msh ...string) string {
		return strings.Replace(message(control, content, msh...), "REF^I12^", "REF^I15^", 1)
	}
	if got := e.raw(wire(question("Q1", "x"))); got.Verdict != adaptertest.Accepted || field(got.Bytes, "MSH-9") != "RRI^I15^RRI_I12" || field(got.Bytes, "RF1-1") != "A" {
		t.Errorf("%q", got.Bytes)
	}
	before := k.n.Load()
	if got := e.raw(wire(question("Q2", "none"))); got.Verdict != adaptertest.Mend || field(got.Bytes, "MSH-9") != "RRI^I15^RRI_I12" || !strings.HasPrefix(field(got.Bytes, "ERR-3"), "204") || field(got.Bytes, "ERR-2") != "RF1^1^6^1" {
		t.Errorf("%q", got.Bytes)
	}
	if k.n.Load() != before {
		t.Error("a question that was not answered was handed in")
	}
	if got := e.raw(wire(question("Q3", "x", "", "", "AL", "NE"))); field(got.Bytes, "MSA-1") != "CA" || field(got.Bytes, "MSH-9") != "ACK^I15^ACK" || field(got.Bytes, "RF1-1") != "" {
		t.Errorf("%q", got.Bytes)
	}
	if got := e.raw(wire(message("C4", "x"))); field(got.Bytes, "MSH-9") != "ACK^I12^ACK" {
		t.Errorf("%q", got.Bytes)
	}
}
