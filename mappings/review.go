package mappings

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/record"
)

// Review words what a person decided at the work queue as the payer's own
// decision record, so that it comes in by the door that every decision does.
func Review(r *gateway.Review, a *gateway.Authorization) (*gateway.Message, fhir.Issues) {
	if issues := r.Check(a); issues.Errors() {
		return nil, issues
	}
	trace := a.Latest().Trace
	d := &record.PayerDecision{Trace: trace.Value, TraceSystem: trace.System, Revision: int64(len(a.Revisions)), Seen: r.Seen,
		DecidedAt: record.Instant(r.At.UTC().Format(time.RFC3339Nano)), ExtendDays: int64(r.ExtendDays), ExtendWhy: r.ExtendWhy}
	for _, i := range r.Items {
		item := record.PayerAnswer{Item: int64(i.Sequence), Action: i.Action, Number: i.Number, Unit: i.Unit, Start: record.Date(i.Start), End: record.Date(i.End),
			ReasonCode: i.ReasonCode, Basis: i.Basis, Reason: i.Reason, Reviewer: r.Reviewer, Credential: r.Credential}
		if i.Units != "" {
			item.Units, _ = ledger.ParseDecimal(i.Units) // Check has read it
		}
		d.Items = append(d.Items, item)
	}
	body := record.JSON(d)
	sum := sha256.Sum256(body)
	return &gateway.Message{Partner: a.Payer, Channel: "review", Kind: "json/decision", Key: a.ID + ":" + hex.EncodeToString(sum[:]), Body: body}, nil
}
