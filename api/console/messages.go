package console

import (
	"net/url"
	"slices"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// messagesPage is the list of messages and the form that narrows it.
type messagesPage struct {
	Q        search
	Messages []gateway.MessageStatus
	Older    string // address of the next page
	All      bool   // messages of all partners
	Partners []string
}

// search is what was asked for, as it was written.
type search struct{ ID, Partner, State, Kind, From, To string }

const pageSize = 50

// messages finds messages, newest first. An id leads straight to its message.
func (c *Console) messages(v *visit) (*answer, error) {
	q := search{query(v.r, "id"), query(v.r, "partner"), query(v.r, "state"), query(v.r, "kind"), query(v.r, "from"), query(v.r, "to")}
	if q.ID != "" {
		return &answer{Go: Path + "/messages/" + url.PathEscape(q.ID)}, nil
	}
	f := gateway.MessageFilter{Partner: v.own(gateway.PartnerID(q.Partner)), State: gateway.State(q.State), Kind: gateway.Kind(q.Kind)}
	var err error
	if f.From, err = moment(q.From); err == nil {
		f.To, err = moment(q.To)
	}
	if err != nil {
		return nil, err
	}
	list, next, err := c.Flows.Messages(v.ctx, f, gateway.Paging{After: query(v.r, "after"), Limit: pageSize, Back: true})
	if err != nil {
		return nil, err
	}
	return &answer{View: "messages", Title: "Messages", Data: messagesPage{Q: q, Messages: list, Older: older(v, next), All: v.operator(), Partners: c.partnerIDs(v)}}, nil
}

// older is the address of the page after a cursor; empty at the end.
func older(v *visit, next string) string {
	if next == "" {
		return ""
	}
	q := v.r.URL.Query()
	q.Set("after", next)
	return v.r.URL.Path + "?" + q.Encode()
}

// moment reads what a date or date-time field of a form gives, in UTC.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "a time that cannot be read", Allowed: "2026-01-31 or 2026-01-31T14:30"})
}

func (c *Console) partnerIDs(v *visit) (out []string) {
	if v.operator() {
		for _, p := range c.Desk.Partners(v.ctx) {
			out = append(out, string(p.ID))
		}
	}
	return out
}

// messagePage is one message from its arrival to its answers.
type messagePage struct {
	M          gateway.MessageStatus
	Bytes      int
	Cause      *gateway.Cause // why it is held
	Issues     fhir.Issues
	Effects    []gateway.Effect
	Deliveries []gateway.DeliveryStatus
	Timeline   []Step
	Body       string // only after a reason
	Mine       bool   // the visitor sent it
}

func (c *Console) message(v *visit) (*answer, error) {
	page, err := c.oneMessage(v)
	if err != nil {
		return nil, err
	}
	return &answer{View: "message", Title: "Message " + short(page.M.ID), Data: page}, nil
}

// oneMessage gathers a message of the visitor's own; operators see every one,
// without its body. What belongs to others is not there.
func (c *Console) oneMessage(v *visit) (*messagePage, error) {
	id := gateway.MessageID(v.r.PathValue("id"))
	list, _, err := c.Flows.Messages(v.ctx, gateway.MessageFilter{IDs: []gateway.MessageID{id}, Partner: v.own("")}, gateway.Paging{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, notHere()
	}
	r, err := c.Flows.Message(v.ctx, id)
	if err != nil {
		return nil, err
	}
	out := &messagePage{M: list[0], Bytes: len(r.Message.Body), Issues: r.Mapped.Issues, Effects: r.Effects, Mine: r.Message.Partner == v.partner.ID}
	if r.Fault != nil {
		cause := gateway.MessageCause(r.Fault.Code)
		out.Cause, out.Issues = &cause, append(slices.Clone(r.Fault.Issues), r.Mapped.Issues...)
	}
	if v.operator() {
		out.Deliveries, _, err = c.Flows.ListDeliveries(v.ctx, gateway.DeliveryFilter{Message: id}, gateway.Paging{Limit: 200})
	}
	if err == nil {
		out.Timeline, err = c.timeline(v, out, r)
	}
	return out, err
}

// timeline is what happened to a message, in order.
func (c *Console) timeline(v *visit, p *messagePage, r *gateway.Receipt) ([]Step, error) {
	at := p.M.Received
	out := []Step{{At: at, What: "received", Text: "by " + p.M.Channel + " as " + string(p.M.Kind)}}
	if p.M.Mapping != "" {
		out = append(out, Step{At: at, What: "mapped", Text: "with " + p.M.Mapping + generation(p.M.Generation)})
	}
	switch {
	case p.M.State == gateway.Held:
		out = append(out, Step{At: at, What: "held", Text: p.M.Fault, Alarm: true})
	case len(r.Effects) > 0:
		out = append(out, Step{At: at, What: "committed", Text: counted(len(r.Effects), "record")})
	}
	if r.Answer != nil && r.Answer.Status > 0 {
		out = append(out, Step{At: at, What: "answered", Text: "status " + itoa(r.Answer.Status)})
	}
	for _, d := range p.Deliveries {
		out = append(out, Step{At: d.QueuedAt, What: "queued", Text: "for " + string(d.Lane.Partner)})
	}
	trail, err := c.Desk.Trail(v.ctx, p.M.ID)
	for _, s := range trail {
		if v.operator() || s.What == "replay" || s.What == "discard" {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Step) int { return a.At.Compare(b.At) })
	return out, err
}

func generation(n int) string {
	if n == 0 {
		return ""
	}
	return ", replayed " + counted(n, "time")
}

// messageBody shows what was received, after a reason; the look is kept.
func (c *Console) messageBody(v *visit) (*answer, error) {
	page, err := c.oneMessage(v)
	if err != nil {
		return nil, err
	}
	reason, err := v.reason()
	if err != nil {
		return nil, err
	}
	body, err := c.Desk.Body(v.ctx, page.M.ID, reason, v.session.Who)
	page.Body = string(body)
	return &answer{View: "message", Title: "Message " + short(page.M.ID), Data: page}, err
}

// discard gives up a held message.
func (c *Console) discard(v *visit) (*answer, error) {
	reason, err := v.reason()
	if err != nil {
		return nil, err
	}
	id := v.r.PathValue("id")
	return &answer{Go: Path + "/messages/" + url.PathEscape(id)}, c.Desk.Act(v.ctx, "discard", id, reason, v.session.Who)
}
