package load

import (
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

var serviceColumns = []column{{"line_id", true}, {"claim_id", false}, {"member_id", true}, {"provider_id", true}, {"code", true}, {"modifiers", false},
	{"service_date", true}, {"units", true}, {"unit", false}, {"frequency", false}, {"replaces", false}, {"source", false}, {"authorization_id", false},
	{"visit_id", false}, {"start_time", false}, {"received_at", false}}

// A reason is read over: this door keeps facts, and a fact has no words.
var authorizationColumns = []column{{"authorization_id", true}, {"member_id", true}, {"provider_id", false}, {"code", true}, {"modifiers", false},
	{"start", true}, {"end", false}, {"units", true}, {"status", true}, {"unit", false}, {"cap_period", false}, {"cap_units", false}, {"program", false},
	{"payer", false}, {"received_at", false}, {"payer_used", false}, {"payer_used_to", false}, {"reason", false}}

var enrollmentColumns = []column{{"member_id", true}, {"start", true}, {"end", false}, {"payer", false}, {"program", false}, {"county", false},
	{"received_at", false}}

// The words of coded columns, and what else is read as them.
var (
	sources      = []string{"claim", "encounter", "visit log"}
	alsoSources  = map[string]string{"visit_log": "visit log", "visit-log": "visit log", "visit": "visit log"}
	statuses     = []string{string(ledger.Approved), string(ledger.Partial), string(ledger.Pended), string(ledger.Denied), string(ledger.Cancelled)}
	alsoStatuses = map[string]string{"modified": "partial", "pending": "pended", "requested": "pended", "canceled": "cancelled"}
	caps         = []string{string(ledger.CapDay), string(ledger.CapWeek), string(ledger.CapMonth)}
	alsoCaps     = map[string]string{"daily": "day", "weekly": "week", "monthly": "month"}
	frequencies  = []string{"1", "7", "8"}
)

// service keeps a delivered service. Whether its date, code and quantity can be
// settled is the ledger's business; a quantity that is no number is not a row.
func (r *Reader) service(c *cells) []Issue {
	c.key("member_id")
	l := ledger.Line{Partner: string(r.opts.Partner), ID: c.key("line_id"), ClaimID: c.id("claim_id"), Provider: c.id("provider_id"), Code: c.id("code"),
		Modifiers: c.modifiers(), Unit: c.id("unit"), Frequency: 1, Replaces: c.id("replaces"), Source: c.word("source", sources, alsoSources),
		Auth: c.id("authorization_id"), VisitID: c.id("visit_id"), StartTime: c.id("start_time"), Received: r.received(c)}
	if f := c.word("frequency", frequencies, nil); f != "" {
		l.Frequency = int(f[0] - '0')
	}
	var err error
	if l.Units, err = ledger.ParseDecimal(c.text("units")); err != nil {
		c.bad("units", c.text("units"), "a number with at most 6 digits after the point", "write the quantity in digits, as 4 or 2.5")
	}
	if l.Date, err = ledger.ParseDay(c.text("service_date")); err != nil {
		l.Date, l.DateText = ledger.NoDay, c.id("service_date")
	}
	if len(c.issues) == 0 {
		r.chunk.Facts.Lines = append(r.chunk.Facts.Lines, gateway.LineFact{Member: r.member(c), Line: l})
	}
	return c.issues
}

func (r *Reader) authorization(c *cells) []Issue {
	c.key("member_id")
	a := ledger.Auth{Partner: string(r.opts.Partner), ID: c.key("authorization_id"), Provider: c.id("provider_id"), Code: c.id("code"),
		Modifiers: c.modifiers(), Start: c.day("start", ledger.NoDay), End: c.day("end", ledger.Forever), Units: c.whole("units"), Unit: c.id("unit"),
		Status: ledger.Status(c.word("status", statuses, alsoStatuses)), CapPeriod: ledger.CapPeriod(c.word("cap_period", caps, alsoCaps)), CapUnits: c.whole("cap_units"),
		Program: c.id("program"), Payer: c.id("payer"), Received: r.received(c), Counted: c.whole("payer_used"), CountedTo: c.day("payer_used_to", 0)}
	for _, name := range []string{"start", "units", "status"} {
		if c.text(name) == "" {
			c.bad(name, "", "a value", "fill the cell")
		}
	}
	if (a.CapPeriod == "") != (a.CapUnits == 0) && c.text("cap_units") != "0" {
		c.bad("cap_units", c.text("cap_units"), "a cap of 1 or more with its cap_period, or neither", "send both or none")
	}
	if a.Counted != 0 && a.CountedTo == 0 {
		c.bad("payer_used", c.text("payer_used"), "a count with its payer_used_to, or neither", "send both or none")
	}
	if len(c.issues) == 0 {
		r.chunk.Facts.Auths = append(r.chunk.Facts.Auths, gateway.AuthFact{Member: r.member(c), Auth: a})
	}
	return c.issues
}

// enrollment keeps a span; an end before the start retracts it.
func (r *Reader) enrollment(c *cells) []Issue {
	c.key("member_id")
	s := ledger.Span{Partner: string(r.opts.Partner), Payer: c.id("payer"), Program: c.id("program"), Start: c.day("start", ledger.NoDay),
		End: c.day("end", ledger.Forever), County: c.id("county"), Received: r.received(c)}
	if c.text("start") == "" {
		c.bad("start", "", "a calendar date, YYYY-MM-DD", "fill the cell")
	}
	if len(c.issues) == 0 {
		r.chunk.Facts.Spans = append(r.chunk.Facts.Spans, gateway.SpanFact{Member: r.member(c), Span: s})
	}
	return c.issues
}
