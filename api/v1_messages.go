package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// doorMessages is the channel of messages that come in by /v1/messages.
const doorMessages = "messages"

// sendMessage is POST /v1/messages: one message gives its receipt, a list of
// records or a CSV file gives a report with a line for each.
func (a *API) sendMessage(ctx context.Context, c *call) (*reply, error) {
	switch c.media {
	case mediaCSV, mediaUpload:
		return a.sendTable(ctx, c)
	}
	if member(c.body, "resourceType") {
		return a.sendResource(ctx, c)
	}
	return a.sendRecords(ctx, c)
}

// member says whether a JSON object has a member of that name. What is no JSON
// has none.
func member(body []byte, name string) bool {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for {
		t, err := d.ReadToken()
		if err != nil || t.Kind() != '"' {
			return false
		}
		if t.String() == name {
			return true
		}
		if d.SkipValue() != nil {
			return false
		}
	}
}

// sendResource takes a FHIR resource in. A transaction is applied, a collection
// is unpacked, a batch is taken entry by entry, both with their reads; documents
// and messages are kept as the Bundles they are, and so is every other resource.
func (a *API) sendResource(ctx context.Context, c *call) (*reply, error) {
	r, issues := fhir.Parse(c.body, fhir.Limits{Bytes: a.MaxBody})
	if r == nil {
		return nil, unreadableJSON(issues)
	}
	m := c.message(gateway.Kind("fhir/"+r.Type), c.body)
	m.Ask = &gateway.Ask{Interaction: gateway.AskCreate, Type: r.Type, Prefer: "minimal"}
	if r.Type == "Bundle" {
		switch r.Get("type").Text() {
		case "batch":
			return a.sendBatch(ctx, c, r)
		case "transaction":
			return a.sendTransaction(ctx, c, r)
		case "collection":
			if err := maySendAll(c, r.Entries()); err != nil {
				return nil, err
			}
			m.Kind, m.Ask = "fhir/collection", nil
		}
	}
	return a.sendOne(ctx, c, m, headerID(r))
}

// sendTransaction takes a transaction in as one message; the receipt is followed
// by the answers to its reads. One of reads alone is answered as a batch is.
func (a *API) sendTransaction(ctx context.Context, c *call, r *fhir.Resource) (*reply, error) {
	o, err := a.orderOf(c, r)
	if err != nil {
		return nil, err
	}
	if o.onlyReads() {
		return a.sendBatch(ctx, c, r)
	}
	in := *c
	in.body = o.body
	m := in.message("fhir/transaction", o.body)
	m.Ask = &gateway.Ask{Interaction: gateway.AskTransaction, Type: "Bundle", Prefer: "minimal"}
	out, err := a.sendOne(ctx, &in, m, "")
	if err != nil {
		return nil, o.renumbered(err)
	}
	if len(o.reads) == 0 || out.status == http.StatusAccepted {
		return out, nil
	}
	answers := make([]reportRow, 0, len(o.reads))
	for _, e := range o.reads {
		answers = append(answers, a.readRow(ctx, c, e))
	}
	receipt := bytes.TrimSuffix(out.body, []byte("}"))
	out.body = slices.Concat(receipt, []byte(`,"answers":`), mustJSON(answers), []byte("}"))
	return out, nil
}

// maySendAll applies the partner's kinds to what a collection holds: a Bundle is
// no way around them.
func maySendAll(c *call, entries []fhir.Entry) error {
	for _, e := range entries {
		if e.Resource == nil {
			continue
		}
		if kind := gateway.Kind("fhir/" + e.Resource.Type); !c.who.Partner.MaySend(kind) {
			return denied(kind)
		}
	}
	return nil
}

// headerID is the MessageHeader.id of a message Bundle: the sender's own name
// for the message (http://hl7.org/fhir/R4/messaging.html#3.4.1.5.2).
func headerID(r *fhir.Resource) string {
	if r.Type != "Bundle" || r.Get("type").Text() != "message" {
		return ""
	}
	if entries := r.Entries(); len(entries) > 0 && entries[0].Resource != nil && entries[0].Resource.Type == "MessageHeader" {
		return entries[0].Resource.ID
	}
	return ""
}

// message is a message of this door, still without its key.
func (c *call) message(kind gateway.Kind, body []byte) *gateway.Message {
	return &gateway.Message{Partner: c.who.Partner.ID, Channel: doorMessages, Kind: kind, Body: body}
}

// sendOne sends a message that is one by itself and answers with its receipt.
// Its key is the sender's own, else the id of its header, else its content.
func (a *API) sendOne(ctx context.Context, c *call, m *gateway.Message, header string) (*reply, error) {
	key, err := c.idempotencyKey()
	if err != nil {
		return nil, err
	}
	switch {
	case key != "":
		m.Key = key
	case header != "":
		m.Key = "header:" + header
	default:
		m.Key = contentKey(c.body)
	}
	if !c.who.Partner.MaySend(m.Kind) {
		return nil, denied(m.Kind)
	}
	r, err := a.Gateway.Receive(ctx, m, a.receipt)
	if err != nil {
		return nil, err
	}
	out := replyOf(r)
	out.media = mediaJSON
	return out, nil
}

// contentKey names a body by its content.
func contentKey(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// fileKey is the beginning of the keys of all messages of one file.
func (c *call) fileKey(file []byte) (string, error) {
	key, err := c.idempotencyKey()
	if key == "" {
		key = contentKey(file)
	}
	return key, err
}
