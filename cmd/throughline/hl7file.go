package main

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/hl7v2"
)

// hl7Body says whether a text is HL7 v2: it begins with a message, or with the
// envelope of a file or batch of them.
func hl7Body(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n\x0b")
	for _, start := range []string{"MSH|", "FHS|", "BHS|"} {
		if bytes.HasPrefix(body, []byte(start)) {
			return true
		}
	}
	return bytes.HasPrefix(body, []byte("MSH")) && len(body) > 3 && (body[3] < '0' || body[3] > 'z')
}

// hl7Pieces cuts a text into its HL7 v2 messages.
func hl7Pieces(body []byte, p *gateway.Partner) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		parts, err := hl7v2.Split(body)
		if err != nil {
			yield(piece{issues: unreadableHL7(err)})
			return
		}
		for i, part := range parts {
			h, err := hl7v2.Peek(part)
			out := piece{}
			if err != nil {
				out.issues = unreadableHL7(err)
			} else {
				out.message = &gateway.Message{Partner: p.ID, Kind: mllp.KindOf(h), Body: part}
			}
			if len(parts) > 1 && out.message != nil {
				out.message.Origin = fmt.Sprintf("message %d", i+1)
			}
			if !yield(out) {
				return
			}
		}
	}
}

func unreadableHL7(err error) fhir.Issues {
	return fhir.Issues{{Severity: fhir.Error, Code: "structure", Found: err.Error(), Fix: "send messages that begin with MSH"}}
}

// sendHL7 sends the messages of a text one after the other, each as a frame of
// its own would go.
func (d *door) sendHL7(ctx context.Context, body []byte) (*answer, error) {
	if d.app == nil {
		return nil, usage("HL7 v2 does not go by the partner API", "send it over MLLP, or through the data directory with --partner")
	}
	parts, err := hl7v2.Split(body)
	if err != nil {
		return nil, &failure{code: exitFindings, text: err.Error(), todo: "send messages that begin with MSH"}
	}
	door := d.app.mllp(nil)
	out := apiAnswer{Rows: len(parts)}
	status := http.StatusOK
	repeats := 0
	for i, part := range parts {
		r, err := door.Take(ctx, d.as, part)
		if err != nil {
			f := gateway.FaultOf(err)
			status = max(status, hl7Status(f.Code))
			out.Rejected++
			out.Results = append(out.Results, rowJSON{Row: i + 1, Status: "rejected", Issues: faultIssues(f)})
			continue
		}
		if r.Repeat {
			repeats++
		}
		out.count(r)
	}
	if len(parts) == 1 && len(out.Results) == 1 {
		out.Issues, out.Results = out.Results[0].Issues, nil
	}
	if out.Rejected < len(parts) {
		status = http.StatusOK
	}
	text, err := json.Marshal(out)
	a := &answer{status: status, header: http.Header{}, body: text}
	if repeats == len(parts) {
		a.header.Set("Idempotent-Replayed", "true")
	}
	return a, err
}

// count adds one receipt to a report.
func (out *apiAnswer) count(r *gateway.Receipt) {
	switch {
	case r.Repeat:
		out.Repeated++
	case r.State == gateway.Held:
		out.Held++
	default:
		out.Accepted++
	}
	if out.Rows == 1 {
		out.ID, out.State, out.Kind = string(r.Message.ID), string(r.State), string(r.Message.Kind)
	}
	for _, e := range r.Effects {
		out.Resources = append(out.Resources, madeJSON{e.Type + "/" + e.ID, e.Version, string(e.Verb)})
	}
	out.Issues = append(out.Issues, shownIssues(r.Mapped.Issues)...)
	if r.Fault != nil {
		out.Issues = append(out.Issues, shownIssues(r.Fault.Issues)...)
	}
}

func faultIssues(f *gateway.Fault) []issueJSON {
	if len(f.Issues) > 0 {
		return shownIssues(f.Issues)
	}
	found := string(f.Code)
	if f.Err != nil && f.Code != gateway.Internal {
		found = f.Err.Error()
	}
	return shownIssues(fhir.Issues{{Severity: fhir.Error, Code: "processing", Found: found}})
}

// hl7Status is the HTTP status that means as much as a code, for the exit code.
func hl7Status(c gateway.Code) int {
	switch c {
	case gateway.Denied:
		return http.StatusForbidden
	case gateway.Busy:
		return http.StatusServiceUnavailable
	case gateway.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusUnprocessableEntity
}
