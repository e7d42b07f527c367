package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// doorFHIR is the channel of messages that come in under /fhir.
const doorFHIR = "fhir"

// send hands one change to the gateway and words the answer. key is the
// implicit identity of the message; an Idempotency-Key goes before it.
func (a *API) send(ctx context.Context, c *call, ask *gateway.Ask, key string, word gateway.Reply) (*reply, error) {
	kind := gateway.Kind("fhir/" + ask.Type)
	if ask.Interaction == gateway.AskTransaction {
		kind = "fhir/transaction"
	}
	if !c.who.Partner.MaySend(kind) {
		return nil, denied(kind)
	}
	own, err := c.idempotencyKey()
	if err != nil {
		return nil, err
	}
	if own != "" {
		key = own
	}
	ask.Prefer = c.prefer.Return
	body := c.body
	if body == nil {
		body = []byte{} // a delete says nothing, which is not the same as unknown
	}
	r, err := a.Gateway.Receive(ctx, &gateway.Message{
		Partner: c.who.Partner.ID, Channel: doorFHIR, Kind: kind, Key: key, Body: body, Ask: ask,
	}, word)
	if err != nil {
		return nil, err
	}
	return replyOf(r), nil
}

// replyOf is the answer that was stored with a receipt.
func replyOf(r *gateway.Receipt) *reply {
	ans := r.Answer
	out := &reply{status: ans.Status, location: ans.Location, etag: ans.ETag, modified: ans.Modified,
		repeat: r.Repeat, message: r.Message.ID, body: ans.Body}
	if out.body == nil && ans.Effect > 0 && ans.Effect <= len(r.Effects) {
		out.body = r.Effects[ans.Effect-1].JSON
	}
	return out
}

// one words the answer to a change of one resource
// (http://hl7.org/fhir/R4/http.html#create, #update, #ops for Prefer).
func (a *API) one(want string) gateway.Reply {
	return func(r *gateway.Receipt) *gateway.Answer {
		if r.State == gateway.Held {
			return heldAnswer(r)
		}
		if len(r.Effects) == 0 {
			return &gateway.Answer{Status: http.StatusNoContent}
		}
		e := r.Effects[0]
		if e.Verb == gateway.Deleted {
			return &gateway.Answer{Status: http.StatusNoContent}
		}
		ans := &gateway.Answer{Status: http.StatusOK, ETag: etag(e.Version), Modified: e.Updated}
		if e.Verb == gateway.Created {
			ans.Status = http.StatusCreated
		}
		ans.Location = a.location(e.Type, e.ID, e.Version)
		switch want {
		case "minimal":
		case "OperationOutcome":
			ans.Body = noteOutcome("%s/%s is %s, version %d.", e.Type, e.ID, e.Verb, e.Version)
		default:
			ans.Effect = 1
		}
		return ans
	}
}

// heldAnswer tells that a message is kept, but not applied: 202.
func heldAnswer(r *gateway.Receipt) *gateway.Answer {
	why, then := "a message that cannot be mapped yet", "it is applied once the operator has added the mapping"
	if r.Fault != nil && r.Fault.Code == gateway.Ambiguous {
		why, then = "a message about a child that is not certain", "it is applied once the operator has decided whose record it is"
	}
	issues := fhir.Issues{{Severity: fhir.Information, Code: "incomplete", Found: why + "; it is held as " + string(r.Message.ID), Fix: "nothing to do: " + then}}
	if r.Fault != nil {
		issues = append(issues, softened(r.Fault.Issues)...)
	}
	return &gateway.Answer{Status: http.StatusAccepted, Body: fhir.Outcome(issues)}
}

// softened makes warnings of errors: what is held is not refused.
func softened(is fhir.Issues) fhir.Issues {
	out := make(fhir.Issues, len(is))
	for n, i := range is {
		if i.Severity == fhir.Error || i.Severity == fhir.Fatal || i.Severity == "" {
			i.Severity = fhir.Warning
		}
		out[n] = i
	}
	return out
}

// location names a version of a resource absolutely.
func (a *API) location(typ, id string, version int64) string {
	return a.url(typ, id) + "/_history/" + strconv.FormatInt(version, 10)
}

// url names a resource absolutely.
func (a *API) url(typ, id string) string { return a.Base + "/fhir/" + typ + "/" + id }

// etag is the weak tag of a version.
func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// versionOf reads a version from an ETag; "" and "*" mean any, which is 0.
func versionOf(tag string) (int64, error) {
	tag = strings.TrimSpace(tag)
	if tag == "" || tag == "*" {
		return 0, nil
	}
	v, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(tag, "W/"), `"`), 10, 64)
	if err != nil || v < 1 {
		return 0, gateway.Faultf("api", gateway.Mismatch, issue("conflict", "", "an If-Match that is no version of ours",
			`the ETag of a read, W/"3"`, "read the record again and send its ETag"))
	}
	return v, nil
}

// criteria reads the query of a conditional interaction.
func criteria(typ, raw string) (*search.Query, error) {
	if strings.Contains(raw, "_format") || strings.Contains(raw, "_pretty") {
		raw = strings.Join(slices.DeleteFunc(strings.Split(raw, "&"), func(pair string) bool {
			return strings.HasPrefix(pair, "_format=") || strings.HasPrefix(pair, "_pretty=")
		}), "&")
	}
	q, issues := search.ParseIfNoneExist(typ, raw)
	if q == nil || issues.Errors() {
		return nil, &gateway.Fault{Op: "api", Code: gateway.Malformed, Issues: issues}
	}
	return q, nil
}

// idempotencyKey is the sender's own key for this message, scoped by the path
// and its criteria; empty when it sent none.
func (c *call) idempotencyKey() (string, error) {
	key := c.header.Get("Idempotency-Key")
	if key == "" {
		return "", nil
	}
	if len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		return "", malformed("", "an Idempotency-Key that cannot be used", "1 to 255 visible ASCII characters", "use a UUID")
	}
	if c.entry > 0 {
		key += "#" + strconv.Itoa(c.entry)
	}
	scope := c.path
	if c.query != "" { // criteria may name a person: only their hash is kept
		sum := sha256.Sum256([]byte(c.query))
		scope += "?" + hex.EncodeToString(sum[:8])
	}
	return "key:" + key + " " + scope, nil
}

// implicitKey is the identity of a message that carries a business identifier:
// the same content at the same path is the same message.
func (c *call) implicitKey() string {
	h := sha256.New()
	h.Write([]byte(c.path))
	h.Write([]byte{0})
	h.Write(c.body)
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
