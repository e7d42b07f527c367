package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// report is what becomes of a body that holds several messages: good ones are
// in, bad ones are told apart with what is wrong with them.
type report struct {
	Rows       int         `json:"rows"`
	Accepted   int         `json:"accepted"`
	Repeated   int         `json:"repeated"`
	Held       int         `json:"held"`
	Rejected   int         `json:"rejected"`
	Answered   int         `json:"answered,omitzero"`   // entries that only read, of a batch
	Unanswered int         `json:"unanswered,omitzero"` // the same, with an error of their own
	Results    []reportRow `json:"results"`
}

// maxRows bounds the messages of one body, so that all of them are in before
// anybody loses patience; it is also the limit of a Bundle.
const maxRows = 5000

// tooMany is a body that holds more than maxRows messages.
func tooMany() error {
	return gateway.Faultf("api", gateway.TooLarge, issue(fhir.CodeTooCostly, "", "too many records for one request",
		"at most "+strconv.Itoa(maxRows), "send it in parts, or by bulk import"))
}

// reportRow is one record of the body: its place, and what became of it.
type reportRow struct {
	Row       int            `json:"row"`
	Status    string         `json:"status"` // accepted, repeated, held, rejected; of reads answered, unanswered
	Message   string         `json:"message,omitempty"`
	Resources []receiptLine  `json:"resources,omitempty"`
	Answer    jsontext.Value `json:"answer,omitzero"` // what a read found: a resource
	Issues    []problemIssue `json:"issues"`
}

// sendRow sends one message of several and notes what became of it. The error
// is one that makes going on useless: what is in stays in, and sending the same
// body again goes on where this one stopped.
func (a *API) sendRow(ctx context.Context, rep *report, row int, m *gateway.Message) error {
	r, err := a.Gateway.Receive(ctx, m, a.receipt)
	if err != nil {
		if code := gateway.FaultOf(err).Code; code == gateway.Busy || code == gateway.Internal {
			return err
		}
		rep.reject(row, refusal(err).issues)
		return nil
	}
	line := reportRow{Row: row, Status: "accepted", Message: string(r.Message.ID), Resources: a.linesOf(r), Issues: a.receiptOf(r).Issues}
	switch {
	case r.Repeat:
		line.Status = "repeated"
		rep.Repeated++
	case r.State == gateway.Held:
		line.Status = "held"
		rep.Held++
	default:
		rep.Accepted++
	}
	rep.add(line)
	return nil
}

func (rep *report) add(line reportRow) {
	rep.Rows++
	rep.Results = append(rep.Results, line)
}

func (rep *report) reject(row int, issues fhir.Issues) {
	rep.Rejected++
	rep.add(reportRow{Row: row, Status: "rejected", Issues: issuesOf(issues)})
}

func (rep *report) answered(line reportRow) {
	if line.Status == "answered" {
		rep.Answered++
	} else {
		rep.Unanswered++
	}
	rep.add(line)
}

// answer words the report: 200 when anything went in or was in already, 422
// when every row was refused; rows that only read do not count for that. It is
// CSV when the caller asks for that.
func (rep *report) answer(h http.Header) *reply {
	out := &reply{status: http.StatusOK, media: mediaJSON}
	sent := rep.Rows - rep.Answered - rep.Unanswered
	if sent > 0 && rep.Rejected == sent {
		out.status, out.code = http.StatusUnprocessableEntity, gateway.Invalid
	}
	out.repeat = sent > 0 && rep.Repeated == sent
	if strings.Contains(h.Get("Accept"), mediaCSV) {
		out.media, out.body = mediaCSV, rep.csv()
		return out
	}
	if rep.Results == nil {
		rep.Results = []reportRow{}
	}
	out.body = mustJSON(rep)
	return out
}

// csv has a line for each issue, and one for each record without any.
func (rep *report) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	write := func(cells ...string) {
		for i := range cells {
			cells[i] = plain(cells[i])
		}
		_ = w.Write(cells) // a Buffer does not fail
	}
	write("row", "status", "message", "place", "path", "found", "allowed", "fix")
	for _, r := range rep.Results {
		if len(r.Issues) == 0 {
			write(strconv.Itoa(r.Row), r.Status, r.Message, "", "", "", "", "")
		}
		for _, i := range r.Issues {
			write(strconv.Itoa(r.Row), r.Status, r.Message, i.Where, i.Path, i.Found, i.Allowed, i.Fix)
		}
	}
	w.Flush()
	return b.Bytes()
}

// plain keeps a spreadsheet from running a cell as a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func plain(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
