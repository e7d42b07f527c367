package x12

import (
	"strconv"
	"time"

	wire "github.com/throughline/throughline/internal/x12"
)

// Write writes a 270 or 271 as ST..SE with control number st02.
func (q *Inquiry) Write(st02 string, zone *time.Location) []byte {
	id, purpose := "270", "13"
	if q.Response {
		id, purpose = "271", "11"
	}
	w := &inquiryWriter{reviewWriter: reviewWriter{Writer: wire.NewWriter(), r: &Review{Response: q.Response, Errors: q.Errors}}, q: q}
	w.Set(id, st02, Version270, func(*wire.Writer) {
		day, clock := moment(q.At, zone)
		w.Segment("BHT", "0022", purpose, q.Reference, day, clock)
		w.loop("", "20", true)
		w.party(q.Payer)
		w.errors("2000A")
		w.loop("1", "21", len(q.Questions) > 0)
		w.party(q.Asker)
		w.errors("2000B")
		for i := range q.Questions {
			w.question(&q.Questions[i])
		}
	})
	return w.Bytes()
}

type inquiryWriter struct {
	reviewWriter
	q *Inquiry
}

func (w *inquiryWriter) question(q *Question) {
	w.loop("2", "22", q.Dependent != nil)
	if q.Dependent != nil {
		w.person("IL", q.Member)
		w.loop(strconv.Itoa(w.hl), "23", false)
	}
	if q.Trace != "" {
		trace := "1"
		if w.q.Response {
			trace = "2"
		}
		w.Segment("TRN", trace, q.Trace, q.TraceOrg)
	}
	if q.Dependent != nil {
		w.person("03", *q.Dependent)
	} else {
		w.person("IL", q.Member)
	}
	for _, e := range q.Errors {
		w.Segment("AAA", e.Valid, "", e.Reason, e.FollowUp)
	}
	w.period("291", q.Start, q.End)
	for _, b := range q.Benefits {
		w.Segment("EB", b.Status, "", wire.Rep(b.Types...), b.Insurance, cut(b.Plan, 50)[0])
		w.period("348", b.Start, b.Start)
		w.period("349", b.End, b.End)
	}
	if w.q.Response {
		return
	}
	if len(q.Types) > 0 {
		w.Segment("EQ", wire.Rep(q.Types...))
	}
	for _, code := range q.Services {
		w.Segment("EQ", "", wire.Comp("HC", code))
	}
}
