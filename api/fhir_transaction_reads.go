package api

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// The reads of a transaction (http://hl7.org/fhir/R4/http.html#trules: "any GET
// or HEAD" comes last). Decision: they are no part of the message.
//
//   - They are run after the writes were committed, so they see them, one after
//     the other, each as a request of its own; their answers stand in the places
//     of their entries.
//   - What is kept with the message, byte for byte, is the answer to the writes.
//     A repeat is given that answer, and its reads are run again: a read tells
//     what is, not what was.
//   - The identity of the message is that of its writes: the same writes with
//     other reads are a repeat.
//   - A read that fails, for whatever reason, has its status and outcome in its
//     entry, as in a batch. R4 lets a transaction fail as a whole; but once the
//     writes are in the ledger an answer that says otherwise would be wrong.

// answerReads runs the reads and puts their answers between those to the writes.
func (a *API) answerReads(ctx context.Context, c *call, o *order, written []jsontext.Value) []byte {
	w := newBundle("transaction-response", -1, 1024*len(o.entries))
	for _, e := range o.entries {
		w.entry()
		if isRead(e) {
			a.batchEntry(ctx, w, c, e)
			continue
		}
		w.members(written[0])
		written = written[1:]
	}
	return w.done()
}

// entriesOf are the entries of an answer that was kept.
func entriesOf(answer []byte) ([]jsontext.Value, error) {
	var bundle struct {
		Entry []jsontext.Value `json:"entry"`
	}
	err := json.Unmarshal(answer, &bundle)
	return bundle.Entry, err
}

// withoutReads cuts the reads out of the text of a transaction; the rest stays
// as it was sent.
func withoutReads(body []byte, r *fhir.Resource, o *order) []byte {
	if len(o.reads) == 0 {
		return body
	}
	list := r.Get("entry")
	start, end := list.Offset()
	var b bytes.Buffer
	b.Grow(len(body))
	b.Write(body[:start])
	b.WriteByte('[')
	items := list.Items()
	for i, e := range o.writes {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(items[e.Index].Raw())
	}
	b.WriteByte(']')
	b.Write(body[end:])
	return b.Bytes()
}

// renumbered names entries by their number in what was sent, where a fault names
// them by their number among the writes.
func (o *order) renumbered(err error) error {
	if len(o.reads) == 0 {
		return err
	}
	f := *gateway.FaultOf(err)
	f.Issues = append(fhir.Issues{}, f.Issues...)
	for i := range f.Issues {
		rest, ok := strings.CutPrefix(f.Issues[i].Path, "Bundle.entry[")
		if !ok {
			continue
		}
		number, rest, _ := strings.Cut(rest, "]")
		if n, err := strconv.Atoi(number); err == nil && n < len(o.writes) {
			f.Issues[i].Path = entryPath(o.writes[n].Index) + rest
		}
	}
	return &f
}
