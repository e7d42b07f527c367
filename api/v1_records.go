package api

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

// sendRecords takes records in: one object is one message with its receipt, a
// list gives a report.
func (a *API) sendRecords(ctx context.Context, c *call) (*reply, error) {
	parts, issues := mappings.Split(c.body)
	if len(parts) == 0 && issues.Errors() {
		return nil, &gateway.Fault{Op: "records", Code: gateway.Malformed, Issues: issues}
	}
	if single(c.body) && len(parts) == 1 {
		return a.sendOne(ctx, c, c.message(gateway.Kind("json/"+parts[0].Name), c.body), "")
	}
	if len(parts) > maxRows {
		return nil, tooMany()
	}
	key, err := c.fileKey(c.body)
	if err != nil {
		return nil, err
	}
	var rep report
	for _, p := range parts {
		m := c.message(gateway.Kind("json/"+p.Name), p.Body)
		m.Key, m.Origin = key+" record "+p.Key, "record "+strconv.Itoa(p.Row)
		if err := a.sendRow(ctx, &rep, p.Row, m); err != nil {
			return nil, err
		}
	}
	rep.rejectAll(issues)
	return rep.answer(c.header), nil
}

// single says whether a body is one record, and no list of them.
func single(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) && !member(body, "records")
}

// rejectAll adds a rejected row for each record that Split could not use.
func (rep *report) rejectAll(issues fhir.Issues) {
	for _, i := range issues {
		row := 0
		if n, ok := bytes.CutPrefix([]byte(i.Where), []byte("record ")); ok {
			row, _ = strconv.Atoi(string(n))
		}
		rep.reject(row, fhir.Issues{i})
	}
}

// sendBatch takes the entries of a batch: what changes something is a message of
// its own, what reads is answered in its row.
func (a *API) sendBatch(ctx context.Context, c *call, r *fhir.Resource) (*reply, error) {
	key, err := c.fileKey(c.body)
	if err != nil {
		return nil, err
	}
	var rep report
	for _, e := range r.Entries() {
		row := strconv.Itoa(e.Index + 1)
		in, err := a.callOfEntry(c, e)
		if isRead(e) || err == nil && !changes[in.route.Name] {
			rep.answered(a.readRow(ctx, c, e))
			continue
		}
		var m *gateway.Message
		if err == nil {
			m, err = messageOfEntry(c, in, e)
		}
		if err != nil {
			rep.reject(e.Index+1, refusal(err).issues)
			continue
		}
		m.Key, m.Origin = key+" entry "+row, "entry "+row
		if err := a.sendRow(ctx, &rep, e.Index+1, m); err != nil {
			return nil, err
		}
	}
	return rep.answer(c.header), nil
}

// messageOfEntry turns an entry of a batch into a message.
func messageOfEntry(c, in *call, e fhir.Entry) (m *gateway.Message, err error) {
	ask := &gateway.Ask{Type: in.typ, ID: in.id, Prefer: "minimal"}
	raw := in.query
	switch e.Method {
	case http.MethodPost:
		ask.Interaction, raw = gateway.AskCreate, e.IfNoneExist
	case http.MethodPut:
		ask.Interaction = gateway.AskUpdate
	default:
		ask.Interaction = gateway.AskDelete
	}
	if ask.IfMatch, err = versionOf(e.IfMatch); err != nil {
		return nil, err
	}
	if raw != "" || ask.Interaction != gateway.AskCreate && ask.ID == "" {
		if ask.Where, err = criteria(in.typ, raw); err != nil {
			return nil, err
		}
	}
	m = c.message(gateway.Kind("fhir/"+in.typ), append([]byte{}, in.body...))
	m.Ask = ask
	return m, nil
}

// readRow runs an entry that changes nothing and says what was found.
func (a *API) readRow(ctx context.Context, c *call, e fhir.Entry) reportRow {
	row := reportRow{Row: e.Index + 1, Status: "answered", Issues: []problemIssue{}}
	out, err := a.perform(ctx, c, e)
	switch {
	case err != nil:
		row.Status, row.Issues = "unanswered", issuesOf(refusal(err).issues)
	case out.status < http.StatusMultipleChoices:
		row.Answer = out.body
	}
	return row
}
