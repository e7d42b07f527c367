package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/adapters/handover"
	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// links are the one-time links of receivers without a system: the api shows
// them, the hand-over wire makes them, the gateway takes the answers in.
type links struct {
	app    *App
	base   string
	secret string
	valid  time.Duration
}

// links is nil where no secret is configured.
func (a *App) links() *links {
	c := a.Config.Server.Links
	if !c.Secret.Set() {
		return nil
	}
	base := a.Config.Server.BaseURL
	if base == "" {
		base = "http://" + a.Config.Server.Listen
	}
	return &links{app: a, base: strings.TrimSuffix(base, "/"), secret: c.Secret.Reveal(), valid: c.Valid}
}

// pages is what the API serves, nil without links.
func (l *links) pages() api.Links {
	if l == nil {
		return nil
	}
	return l
}

// linkWire is the way out to receivers without a system.
func (a *App) linkWire() gateway.Wire {
	return gateway.Wire{Render: handover.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
		l := a.links()
		if l == nil {
			return nil, usage("wire link without server.links.secret", "add server: {links: {secret: env:NAME}}")
		}
		return handover.New(p, l), nil
	}}
}

// Address makes the link of a Task that waits for the partner's answer.
func (l *links) Address(ctx context.Context, p gateway.PartnerID, d gateway.DeliveryID, task *fhir.Resource, version int64) (string, time.Time, error) {
	if len(linkMoves(task.Get("status").Text())) == 0 {
		return "", time.Time{}, nil
	}
	ref := fhir.NewRef(task.Type, task.ID)
	return l.make(ctx, gateway.LinkID(string(d)+string(ref)), p, d, ref, version)
}

// make keeps a link and gives its address; one that is there already stays.
func (l *links) make(ctx context.Context, id string, p gateway.PartnerID, d gateway.DeliveryID, ref fhir.Ref, version int64) (string, time.Time, error) {
	now := time.Now().UTC().Truncate(time.Second)
	err := l.app.Store.AddLink(ctx, gateway.ReferralLink{ID: id, Partner: p, Task: ref, Version: version, Delivery: d, Created: now, Expires: now.Add(l.valid)})
	if err != nil {
		return "", time.Time{}, err
	}
	kept, err := l.app.Store.Link(ctx, id)
	if err != nil {
		return "", time.Time{}, err
	}
	return l.base + "/r/" + kept.Token(l.secret), kept.Expires, nil
}

// linkMoves are what a receiver may answer to a Task of a status, and the status
// that each sets.
func linkMoves(status string) []string {
	switch gateway.PlainTask(status) {
	case "requested":
		return []string{"accept", "decline"}
	case "accepted", "in-progress", "on-hold":
		return []string{"complete"}
	}
	return nil
}

var linkStatus = map[string]string{"accept": "accepted", "decline": "rejected", "complete": "completed"}

// open finds the link of a token and the Task it is bound to, if both are still
// what they were.
func (l *links) open(ctx context.Context, token string) (*gateway.ReferralLink, *fhir.Resource, error) {
	id, ok := gateway.TokenID(token)
	if !ok {
		return nil, nil, noLink()
	}
	link, err := l.app.Store.Link(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if !link.Signed(l.secret, token) {
		return nil, nil, noLink()
	}
	if !link.Used.IsZero() || time.Now().After(link.Expires) {
		return nil, nil, overLink()
	}
	st, err := l.app.Store.Read(ctx, l.app.caller(link.Partner), link.Task.Type(), link.Task.ID())
	if err != nil {
		return nil, nil, err
	}
	if st.Version != link.Version {
		return nil, nil, overLink()
	}
	return link, &fhir.Resource{Type: st.Type, ID: st.ID, JSON: st.JSON}, nil
}

func noLink() error {
	return gateway.Faultf("link", gateway.NotFound, fhir.Issue{Code: "not-found", Found: "no such link"})
}

func overLink() error {
	return gateway.Faultf("link", gateway.Gone, fhir.Issue{Code: "deleted", Found: "a link that was used, has ended, or whose referral has changed"})
}

// Open gives the least that an answer needs.
func (l *links) Open(ctx context.Context, token string) (*api.Referral, error) {
	link, task, err := l.open(ctx, token)
	if err != nil {
		return nil, err
	}
	status := task.Get("status").Text()
	out := &api.Referral{Service: "a service", Requester: task.Get("requester", "display").Text(), Requested: day(task.Get("authoredOn")),
		Deadline: day(task.Get("restriction", "period", "end")), Priority: task.Get("priority").Text(), Status: status, Moves: linkMoves(status)}
	if typ, id, _, _ := fhir.ParseRef(task.Get("focus", "reference").Text()); typ == "ServiceRequest" {
		if st, err := l.app.Store.Read(ctx, l.app.caller(link.Partner), typ, id); err == nil {
			request := &fhir.Resource{Type: typ, ID: id, JSON: st.JSON}
			if text := request.Get("code", "text").Text(); text != "" {
				out.Service = text
			}
			out.NoContact = strings.Contains(string(request.Get("orderDetail").Raw()), "contacting-subject-prohibited")
		}
	}
	return out, nil
}

func day(n *fhir.Node) string { return n.Text()[:min(10, len(n.Text()))] }

// Answer takes an answer in as a message of the receiver, bound to the version
// that was shown, under the link's own key: one answer, whoever presses twice.
func (l *links) Answer(ctx context.Context, token string, in api.LinkAnswer) (string, error) {
	link, task, err := l.open(ctx, token)
	if err != nil {
		return "", err
	}
	if !slices.Contains(linkMoves(task.Get("status").Text()), in.Move) {
		return "", gateway.Faultf("link", gateway.Invalid, fhir.Issue{Code: fhir.CodeValue, Found: "another answer", Fix: "Please choose one of the answers below."})
	}
	if in.Move != "accept" && in.Text == "" {
		return "", gateway.Faultf("link", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "no text", Fix: "Please fill in the reason or outcome, then send again."})
	}
	status := linkStatus[in.Move]
	m := &gateway.Message{Partner: link.Partner, Channel: "link", Kind: "fhir/Task", Key: "link:" + link.ID, Body: answered(task, status, in.Text),
		Ask: &gateway.Ask{Interaction: gateway.AskUpdate, Type: "Task", ID: task.ID, IfMatch: link.Version, Prefer: "minimal"}}
	out, err := l.app.Gateway.Receive(ctx, m, nil)
	if err != nil {
		return "", err
	}
	if _, err := l.app.Store.UseLink(ctx, link.ID, status); err != nil {
		return "", err
	}
	if len(linkMoves(status)) == 0 || len(out.Effects) == 0 {
		return "", nil
	}
	next, _, err := l.make(ctx, gateway.LinkID("after "+link.ID), link.Partner, "", link.Task, out.Effects[0].Version)
	return strings.TrimPrefix(next, l.base+"/r/"), err
}

// answered is the Task with the receiver's answer in it.
func answered(task *fhir.Resource, status, text string) []byte {
	o := fhir.Object{}
	for name, v := range task.Root().Members() {
		o = o.With(name, v)
	}
	o = o.With("status", status).With("statusReason", nil)
	switch status {
	case "rejected":
		o = o.With("statusReason", fhir.Obj("text", text))
	case "completed":
		concept := fhir.Obj("coding", fhir.List{fhir.Obj("system", "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes", "code", "additional-content")})
		o = o.With("output", fhir.List{fhir.Obj("type", concept, "valueMarkdown", text)})
	}
	return o.JSON()
}
