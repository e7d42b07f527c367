package api

import (
	"context"
	"net/http"
	"time"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// receiptJSON is what a sender learns of one message. It says the same when the
// message comes again: only the header Idempotent-Replayed tells them apart.
type receiptJSON struct {
	ID        string         `json:"id"`
	State     string         `json:"state"`
	Kind      string         `json:"kind"`
	Received  string         `json:"received"`
	Resources []receiptLine  `json:"resources"`
	Issues    []problemIssue `json:"issues"`
}

// receiptLine is what became of one resource.
type receiptLine struct {
	Reference string `json:"reference"`
	Version   int64  `json:"version"`
	Change    string `json:"change"`
	URL       string `json:"url"`
}

// receiptOf is the JSON form of a receipt.
func (a *API) receiptOf(r *gateway.Receipt) receiptJSON {
	out := receiptJSON{ID: string(r.Message.ID), State: string(r.State), Kind: string(r.Message.Kind),
		Received: r.Message.Received.UTC().Format(time.RFC3339), Resources: a.linesOf(r)}
	issues := r.Mapped.Issues
	if r.Fault != nil {
		issues = append(softened(r.Fault.Issues), issues...)
	}
	out.Issues = issuesOf(issues)
	return out
}

func (a *API) linesOf(r *gateway.Receipt) []receiptLine {
	lines := make([]receiptLine, 0, len(r.Effects))
	for _, e := range r.Effects {
		lines = append(lines, receiptLine{string(fhir.NewRef(e.Type, e.ID)), e.Version, string(e.Verb), a.url(e.Type, e.ID)})
	}
	return lines
}

// receipt words the answer to one message of /v1: 201 when something new came
// of it, 202 when it is held, else 200.
func (a *API) receipt(r *gateway.Receipt) *gateway.Answer {
	ans := &gateway.Answer{Status: http.StatusOK, Location: a.Base + "/v1/messages/" + string(r.Message.ID), Body: mustJSON(a.receiptOf(r))}
	for _, e := range r.Effects {
		if e.Verb == gateway.Created {
			ans.Status = http.StatusCreated
		}
	}
	if r.State == gateway.Held {
		ans.Status = http.StatusAccepted
	}
	return ans
}

// getMessage is GET /v1/messages/{id}: what has become of a message so far, for
// its sender only.
func (a *API) getMessage(ctx context.Context, c *call) (*reply, error) {
	if !isID(c.id) {
		return nil, notFound()
	}
	r, err := a.Receipts.Receipt(ctx, c.caller(), gateway.MessageID(c.id))
	if err != nil {
		return nil, a.unread(ctx, c, err)
	}
	if err := a.audit(ctx, c, "", access.Event{ID: c.id}); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, media: mediaJSON, message: r.Message.ID, body: mustJSON(a.receiptOf(r))}, nil
}
