package demo_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/store"
)

// loop is a gateway between a clinic and the FHIR server of a receiver that
// names things itself and knows us by our key.
type loop struct {
	t        *testing.T
	s        *store.Store
	g        *gateway.Gateway
	partners []*gateway.Partner
	server   *demo.FHIRServer
	poller   *fhirrest.Poller
}

func newLoop(t *testing.T) *loop {
	t.Helper()
	l := &loop{t: t}
	ehr := &gateway.Partner{ID: "ehr-b", Kind: gateway.EHR, Sends: []gateway.Kind{"fhir/*"}, Identifiers: []gateway.Identifier{{System: gateway.NPI, Value: "1999900057"}},
		Wants:   []gateway.Want{{Types: []string{"ServiceRequest", "Task"}}},
		Deliver: &gateway.Endpoint{Wire: "fhir", URL: "http://127.0.0.1:0/fhir", IDs: gateway.TheirIDs, Timeout: 10 * time.Second},
		Poll:    &gateway.Poll{Types: []string{"Task"}, Every: 1, Overlap: time.Minute, Page: 10, Since: time.Now().Add(-time.Hour)}}
	clinic := &gateway.Partner{ID: "clinic-a", Kind: gateway.Clinic, Sends: []gateway.Kind{"json/*", "fhir/*"}, MemberSystem: members, Zone: time.UTC, Identifiers: []gateway.Identifier{{System: gateway.NPI, Value: "1999900016"}}}
	l.partners = []*gateway.Partner{clinic, ehr}
	find := func(id gateway.PartnerID) (*gateway.Partner, bool) {
		for _, p := range l.partners {
			if p.ID == id {
				return p, true
			}
		}
		return nil, false
	}
	var err error
	l.s, err = store.Open(context.Background(), filepath.Join(t.TempDir(), "throughline.db"), store.Policy{MemberSystem: members,
		Caller:    func(id gateway.PartnerID) gateway.Caller { p, _ := find(id); return p.Caller() },
		Authority: func(gateway.PartnerID, gateway.Relation) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.s.Close() })
	l.g = &gateway.Gateway{Ledger: l.s, Dedup: store.NewMemory(), Partners: find, Mapping: mappings.For,
		NewID: func() gateway.MessageID { return gateway.MessageID(uuid.Must(uuid.NewV7()).String()) }, Now: time.Now}
	l.open(ehr)
	return l
}

// open starts what delivers, and opens what fetches.
func (l *loop) open(ehr *gateway.Partner) {
	list := []gateway.Partner{*ehr}
	ps, err := demo.OpenPartners(l.t.Context(), list)
	if err != nil {
		l.t.Fatal(err)
	}
	*ehr, l.server = list[0], ps.FHIR("ehr-b")
	options := fhirrest.Options{Remotes: l.s}
	hints, log := store.NewMemory(), slog.New(slog.NewTextHandler(io.Discard, nil))
	all := func() []*gateway.Partner { return l.partners }
	wires := map[string]gateway.Wire{"fhir": {Render: fhirrest.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) { return fhirrest.New(p, options) }}}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, s := range []gateway.Service{ps,
		&gateway.Route{Store: l.s, Leases: l.s, Hints: hints, Partners: all, Holder: "i1", Sweep: 20 * time.Millisecond, Log: log},
		&gateway.Drain{Outbox: l.s, Hints: hints, Partners: all, Wires: wires, Holder: "i1", Sweep: 20 * time.Millisecond, Now: time.Now, Log: log}} {
		wg.Go(func() { _ = s.Run(ctx) })
	}
	if l.poller, err = fhirrest.NewPoller(ehr, options, l.s, l.g, l.s, "i1"); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { cancel(); wg.Wait() })
}

// task is the referral's Task here, as the clinic reads it.
func (l *loop) task(ref fhir.Ref) *fhir.Resource {
	l.t.Helper()
	st, err := l.s.Read(context.Background(), l.partners[0].Caller(), "Task", ref.ID())
	if err != nil {
		l.t.Fatal(err)
	}
	r, _ := fhir.Parse(st.JSON, fhir.Limits{})
	return r
}

func (l *loop) edit(ref fhir.Ref, status string) {
	l.t.Helper()
	if !l.server.Edit(ref, func(r *fhir.Resource) []byte {
		o := fhir.Object{}
		for n, v := range r.Root().Members() {
			o = o.With(n, v)
		}
		return o.With("status", status).JSON()
	}) {
		l.t.Fatalf("the receiver has no %s", ref)
	}
	if _, err := l.poller.Once(context.Background()); err != nil {
		l.t.Fatal(err)
	}
}

// TestReferralLoop: a clinic's referral is a ServiceRequest and a Task at the
// receiver; the receiver's answer comes back by poll; what has ended does not
// open again; a move that is not allowed is held with its cause.
func TestReferralLoop(t *testing.T) {
	l := newLoop(t)
	body := `{"referral_id":"R-1","member_id":"M1","family_name":"Sample","given_name":"Child","birth_date":"2014-05-06","status":"requested","service":"therapy","requested_on":"2026-03-01",
		"requester_id":"1999900016","receiver_id":"1999900057","receiver_name":"Birch"}`
	out, err := l.g.Receive(context.Background(), &gateway.Message{Partner: "clinic-a", Channel: "messages", Kind: "json/referral", Body: []byte(body), Key: "k1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var ref fhir.Ref
	for _, e := range out.Effects {
		if e.Type == "Task" {
			ref = fhir.NewRef("Task", e.ID)
		}
	}
	await(t, l.server, "the referral", func([]demo.Arrival) bool {
		return len(l.server.Refs("Task")) == 1 && len(l.server.Refs("ServiceRequest")) == 1
	})
	theirs := l.server.Refs("Task")[0]
	_, text := l.server.Resource(theirs)
	if !strings.Contains(string(text), string(l.server.Refs("ServiceRequest")[0])) || strings.Contains(string(text), "Sample") {
		t.Errorf("the Task does not name its request, or shows more than it should: %s", text)
	}
	l.settled()
	for _, status := range []string{"received", "accepted", "completed"} {
		l.edit(theirs, status)
		if got := l.task(ref).Get("status").Text(); got != status {
			t.Fatalf("here it is %s, there %s", got, status)
		}
	}
	if focus := l.task(ref).Get("focus", "reference").Text(); strings.Contains(focus, "/r") || !strings.HasPrefix(focus, "ServiceRequest/") {
		t.Errorf("their name of the request came in: %s", focus)
	}
	l.edit(theirs, "in-progress")
	if got := l.task(ref).Get("status").Text(); got != "completed" {
		t.Errorf("what had ended opened again: %s", got)
	}
	held, _, err := l.s.Messages(context.Background(), gateway.MessageFilter{State: gateway.Held}, gateway.Paging{})
	if err != nil || len(held) != 1 || held[0].Partner != "ehr-b" {
		t.Errorf("%v held: %+v", err, held)
	}
}

// settled waits until nothing is under way.
func (l *loop) settled() {
	l.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; <-time.After(10 * time.Millisecond) {
		list, _, err := l.s.ListDeliveries(context.Background(), gateway.DeliveryFilter{State: "open"}, gateway.Paging{})
		if err != nil || time.Now().After(end) {
			l.t.Fatalf("%v %+v", err, list)
		}
		if len(list) == 0 {
			return
		}
		if list[0].State == "parked" {
			l.t.Fatal(list[0].Fault)
		}
	}
}
