package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// askedBy is a request about M1 by a partner, for a provider.
func askedBy(t *testing.T, partner, trace, npi string) *gateway.Receipt {
	r := submission(t)
	r.Message.Partner = gateway.PartnerID(partner)
	s := r.Mapped.Submission
	s.Trace.Value = trace
	s.MemberIDs = []gateway.Identifier{s.Member}
	s.Provider = []gateway.Identifier{{System: gateway.NPI, Value: npi}, {System: "urn:local", Value: "1"}}
	return r
}

// foundBy are the trace numbers that a question finds.
func foundBy(t *testing.T, s *store.Store, who string, q gateway.AuthQuestion) []string {
	t.Helper()
	q.Payer = "mco-a"
	list, err := s.FindAuthorizations(context.Background(), caller(who), q)
	if err != nil {
		return []string{string(code(err))}
	}
	var out []string
	for i := range list {
		out = append(out, list[i].Latest().Trace.Value)
	}
	return out
}

// More than 200 newer requests of others hide nothing from who may see an older
// one, and show nothing to who may not.
func TestFindAuthorizationsAmongMany(t *testing.T) {
	upgraded(t, 20, twoPersons(), func(t *testing.T, s *store.Store) {
		commit(t, s, askedBy(t, "clinic-a", "MINE", "1234567893"))
		for i := range 210 {
			commit(t, s, askedBy(t, "clinic-c", fmt.Sprint("THEIRS-", i), "1999900016"))
		}
		member := []gateway.Identifier{{System: memberSystem, Value: "M1"}}
		trace := func(v string) []gateway.Identifier { return []gateway.Identifier{{System: "urn:trace", Value: v}} }
		npi := func(v string) []gateway.Identifier { return []gateway.Identifier{{System: gateway.NPI, Value: v}} }
		for name, c := range map[string]struct {
			who  string
			q    gateway.AuthQuestion
			want []string
		}{
			"the requester":                   {"clinic-a", gateway.AuthQuestion{Members: member}, []string{"MINE"}},
			"another with member and NPI":     {"clinic-b", gateway.AuthQuestion{Members: member, Provider: npi("1234567893")}, []string{"MINE"}},
			"another with another NPI":        {"clinic-b", gateway.AuthQuestion{Members: member, Provider: npi("1679576722")}, nil},
			"another without NPI":             {"clinic-b", gateway.AuthQuestion{Members: member, Traces: trace("MINE")}, nil},
			"another with a shared local id":  {"clinic-b", gateway.AuthQuestion{Members: member, Provider: []gateway.Identifier{{System: "urn:local", Value: "1"}}}, nil},
			"another with another member":     {"clinic-b", gateway.AuthQuestion{Members: []gateway.Identifier{{System: memberSystem, Value: "M2"}}, Provider: npi("1234567893")}, nil},
			"the payer, by trace":             {"mco-a", gateway.AuthQuestion{Members: member, Traces: trace("MINE")}, []string{"MINE"}},
			"the payer, by another's system":  {"mco-a", gateway.AuthQuestion{Members: member, Traces: []gateway.Identifier{{System: "urn:x", Value: "MINE"}}}, nil},
			"the payer, by an unknown number": {"mco-a", gateway.AuthQuestion{Members: member, Numbers: []string{"N-9"}}, nil},
			"too many answers":                {"mco-a", gateway.AuthQuestion{Members: member}, []string{"invalid"}},
			"too many, narrowed to nothing":   {"mco-a", gateway.AuthQuestion{Members: member, Items: []gateway.AskedAbout{{Code: "T1016"}}}, nil},
		} {
			if diff := cmp.Diff(c.want, foundBy(t, s, c.who, c.q)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// 22: an authorization from before is found by another provider's NPI and the
// member id, and by nothing less.
func TestUpgradeToAuthorizationNames(t *testing.T) {
	doc := `{"id":"a1","version":1,"requester":"clinic-a","payer":"mco-a","member_ids":[{"System":"` + memberSystem + `","Value":"M1"}],"provider":[{"System":"urn:local","Value":"7"},{"System":"` + gateway.NPI +
		`","Value":"1234567893"}],"revisions":[{"message":"m1","trace":{"System":"urn:trace","Value":"T1"}}],"items":[{"sequence":1,"revision":1}],
		"asks":[{"revision":1,"type":"Task","doc":"{\"resourceType\":\"Task\",\"identifier\":[{\"system\":\"urn:payer\",\"value\":\"ACN-1\"}]}"},{"revision":1,"type":"CommunicationRequest","doc":"{}"}]}`
	rows := append(twoPersons(), `insert into prior_auth (id, version, requester, payer, person, state, created_at, updated_at, seq, doc) values ('a1', 1, 'clinic-a', 'mco-a', '0a01', 'waiting', 1, 1, 1, '`+doc+`')`)
	upgraded(t, 20, rows, func(t *testing.T, s *store.Store) {
		q := gateway.AuthQuestion{Members: []gateway.Identifier{{System: memberSystem, Value: "M1"}}, Provider: []gateway.Identifier{{System: gateway.NPI, Value: "1234567893"}}}
		if diff := cmp.Diff([]string{"T1"}, foundBy(t, s, "clinic-b", q)); diff != "" {
			t.Error(diff)
		}
		q.Provider[0].Value = "7"
		if got := foundBy(t, s, "clinic-b", q); got != nil {
			t.Errorf("by a local id: %v", got)
		}
		if n := s.Count(t, "prior_auth_name"); n != 3 {
			t.Errorf("%d names, want npi, member and tracking", n)
		}
	})
}
