package gateway_test

import (
	"context"
	"errors"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// peer is a receiver as a self-test meets it.
type peer struct {
	probe error
	send  func(p *gateway.Parcel) error
	got   []string
}

func (p *peer) Probe(context.Context) error { return p.probe }

func (p *peer) Send(_ context.Context, parcel *gateway.Parcel) (string, error) {
	p.got = append(p.got, parcel.Key)
	return "", p.send(parcel)
}

func TestSelfTest(t *testing.T) {
	broken := func(p *gateway.Parcel) bool {
		return p.Resources == nil && p.Items == nil && p.Body[len(p.Body)-1] == ','
	}
	good := func(p *gateway.Parcel) error {
		if broken(p) {
			return &gateway.Fault{Code: gateway.Invalid}
		}
		return nil
	}
	for name, c := range map[string]struct {
		peer *peer
		want []gateway.TestResult
	}{
		"well":      {&peer{send: good}, []gateway.TestResult{"ok", "ok", "ok", "ok"}},
		"away":      {&peer{probe: away(), send: good}, []gateway.TestResult{"failed"}},
		"refuses":   {&peer{send: func(*gateway.Parcel) error { return &gateway.Fault{Code: gateway.Denied} }}, []gateway.TestResult{"ok", "failed"}},
		"takes all": {&peer{send: func(*gateway.Parcel) error { return nil }}, []gateway.TestResult{"ok", "ok", "ok", "failed"}},
		"breaks on bad": {&peer{send: func(p *gateway.Parcel) error {
			if broken(p) {
				return errors.New("500")
			}
			return nil
		}}, []gateway.TestResult{"ok", "ok", "ok", "failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			steps := gateway.SelfTest(context.Background(), &gateway.Partner{ID: "p", Deliver: &gateway.Endpoint{Wire: "fhir"}}, gateway.Wire{
				Render: func(d *gateway.Delivery, _ *gateway.Partner) (*gateway.Parcel, error) {
					return &gateway.Parcel{Key: d.Key, Items: d.Items, Resources: d.Resources, Body: d.Resources[0].JSON}, nil
				},
				Dial: func(*gateway.Partner) (gateway.Sender, error) { return c.peer, nil }})
			if len(steps) != len(c.want) {
				t.Fatalf("%d steps: %+v", len(steps), steps)
			}
			for i, s := range steps {
				if s.Result != c.want[i] || s.Result == gateway.TestFailed && (s.Found == "" || s.Fix == "") {
					t.Errorf("step %d: %+v", i, s)
				}
			}
			if len(c.peer.got) >= 2 && c.peer.got[0] != c.peer.got[1] {
				t.Error("the repeat had another key")
			}
		})
	}
}
