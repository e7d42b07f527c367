package store_test

import (
	"context"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// TestRefer gives what a delivery's resources refer to, two steps far, and only
// what the destination may see.
func TestRefer(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := create(t, patient("M1"))
		p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
		need := create(t, `{"resourceType":"Condition","subject":{"reference":"`+p.FullURL+`"}}`)
		need.FullURL = "urn:uuid:22222222-2222-4222-8222-222222222222"
		request := create(t, `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"`+p.FullURL+`"},"reasonReference":[{"reference":"`+need.FullURL+`"}],
			"performer":[{"identifier":{"system":"`+gateway.NPI+`","value":"1234567893"}}]}`)
		request.FullURL = "urn:uuid:33333333-3333-4333-8333-333333333333"
		task := create(t, `{"resourceType":"Task","status":"requested","intent":"order","focus":{"reference":"`+request.FullURL+`"},"for":{"reference":"`+p.FullURL+`"},
			"owner":{"identifier":{"system":"`+gateway.NPI+`","value":"1234567893"}}}`)
		out := commit(t, s, message("clinic-a", "", p, need, request, task))
		last := out.Effects[3]
		refer := func(partner string) (types []string) {
			d := &gateway.Delivery{Resources: []*fhir.Resource{nil, {Type: "Task", ID: last.ID, JSON: last.JSON}}}
			if err := s.Refer(context.Background(), d, caller(partner)); err != nil {
				t.Fatal(err)
			}
			for _, r := range d.Context {
				types = append(types, r.Type)
			}
			return types
		}
		if got := refer("clinic-a"); len(got) != 3 {
			t.Errorf("the requester gets %v, want Patient, ServiceRequest, Condition", got)
		}
		if got := refer("clinic-b"); len(got) != 1 || got[0] != "ServiceRequest" {
			t.Errorf("the receiver, before it accepts, gets %v, want the ServiceRequest that is addressed to it", got)
		}
		if got := refer("mco-a"); len(got) != 0 {
			t.Errorf("a stranger gets %v", got)
		}
	})
}
