package api

import (
	"bytes"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/gateway"
)

// bundleWriter writes a Bundle around resources as they are stored: their bytes
// are copied in, never decoded.
type bundleWriter struct {
	buf     bytes.Buffer
	entries int
}

// instant is the form of Bundle timestamps.
const instant = "2006-01-02T15:04:05.000Z"

// newBundle starts a Bundle; total below zero is left out, size is a guess of its bytes.
func newBundle(typ string, total, size int) *bundleWriter {
	w := &bundleWriter{}
	w.buf.Grow(size + 512)
	w.buf.WriteString(`{"resourceType":"Bundle","type":"`)
	w.buf.WriteString(typ)
	w.buf.WriteByte('"')
	if total >= 0 {
		w.buf.WriteString(`,"total":`)
		w.buf.WriteString(strconv.Itoa(total))
	}
	return w
}

// link is one Bundle.link.
type link struct{ relation, url string }

// links writes those that have a URL; call it once, before the entries.
func (w *bundleWriter) links(links ...link) {
	open := `,"link":[`
	for _, l := range links {
		if l.url == "" {
			continue
		}
		w.buf.WriteString(open)
		open = ","
		w.buf.WriteString(`{"relation":"`)
		w.buf.WriteString(l.relation)
		w.buf.WriteString(`","url":`)
		w.text(l.url)
		w.buf.WriteByte('}')
	}
	if open == "," {
		w.buf.WriteByte(']')
	}
}

// entry starts an entry; it is ended by the next, or by done.
func (w *bundleWriter) entry() {
	if w.entries == 0 {
		w.buf.WriteString(`,"entry":[{`)
	} else {
		w.buf.WriteString(`},{`)
	}
	w.entries++
}

// member writes a comma, unless it is the first of its object, and the name.
func (w *bundleWriter) member(name string) {
	if b := w.buf.Bytes(); b[len(b)-1] != '{' {
		w.buf.WriteByte(',')
	}
	w.buf.WriteByte('"')
	w.buf.WriteString(name)
	w.buf.WriteString(`":`)
}

// string writes a member unless it is empty.
func (w *bundleWriter) string(name, value string) {
	if value == "" {
		return
	}
	w.member(name)
	w.text(value)
}

// raw writes a member whose value is JSON already; nothing for no JSON.
func (w *bundleWriter) raw(name string, json []byte) {
	if len(json) == 0 {
		return
	}
	w.member(name)
	w.buf.Write(json)
}

// members writes all members of an object that is JSON already.
func (w *bundleWriter) members(object []byte) {
	w.buf.Write(bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(object), []byte("{")), []byte("}")))
}

// object writes a member that is an object.
func (w *bundleWriter) object(name string, fill func()) {
	w.member(name)
	w.buf.WriteByte('{')
	fill()
	w.buf.WriteByte('}')
}

// response writes entry.response; the outcome may be nil.
func (w *bundleWriter) response(status int, location, tag string, modified time.Time, outcome []byte) {
	w.object("response", func() {
		w.string("status", statusText(status))
		w.string("location", location)
		w.string("etag", tag)
		if !modified.IsZero() {
			w.string("lastModified", modified.UTC().Format(instant))
		}
		w.raw("outcome", outcome)
	})
}

// done ends the Bundle and gives its bytes.
func (w *bundleWriter) done() []byte {
	if w.entries > 0 {
		w.buf.WriteString(`}]`)
	}
	w.buf.WriteByte('}')
	return w.buf.Bytes()
}

func (w *bundleWriter) text(s string) {
	quoted, _ := jsontext.AppendQuote(w.buf.AvailableBuffer(), s) // its error reports invalid UTF-8, which it has replaced
	w.buf.Write(quoted)
}

// sizeOf guesses the bytes of a page's entries.
func sizeOf(lists ...[]gateway.Stored) int {
	n := 0
	for _, list := range lists {
		for i := range list {
			n += len(list[i].JSON) + 256
		}
	}
	return n
}
