package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

func key(value string) gateway.Identifier { return gateway.Identifier{System: "urn:a", Value: value} }

func patch(t *testing.T, json, k string, aliases ...string) gateway.Change {
	c := create(t, json)
	c.Op, c.Key = gateway.Patch, key(k)
	for _, alias := range aliases {
		c.Alias = append(c.Alias, key(alias))
	}
	return c
}

// TestPatchLeavesTheRest: a patch makes what is not there, replaces what it
// says, removes what it clears, and leaves everything else.
func TestPatchLeavesTheRest(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		first := commit(t, s, message("clinic-a", "", patch(t, `{"resourceType":"Patient","identifier":[{"system":"`+memberSystem+`","value":"M1"}],
			"name":[{"use":"official","family":"Rivera"}],"telecom":[{"system":"phone","value":"1","use":"home"},{"system":"phone","value":"2","use":"work"}],"gender":"female","birthDate":"2013-05-14"}`, "1")))
		next := patch(t, `{"resourceType":"Patient","identifier":[{"system":"urn:mr","value":"9"}],"gender":"male","telecom":[{"system":"phone","value":"3","use":"work"}]}`, "1")
		next.Clear, next.Once = []string{"birthDate", "telecom.use=home"}, []string{"gender"}
		r := message("clinic-a", "", next)
		second := commit(t, s, r)
		if second.Effects[0].ID != first.Effects[0].ID || second.Effects[0].Verb != gateway.Updated || second.Effects[0].Version != 2 {
			t.Fatalf("%+v", second.Effects[0])
		}
		body := string(second.Effects[0].JSON)
		for _, want := range []string{`"Rivera"`, `"female"`, `"value":"M1"`, `"value":"9"`, `"value":"3"`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s is missing: %s", want, body)
			}
		}
		for _, gone := range []string{"birthDate", `"value":"1"`, `"value":"2"`, `"male"`} {
			if strings.Contains(body, gone) {
				t.Errorf("%s is still there: %s", gone, body)
			}
		}
		if strings.Contains(string(r.Mapped.Changes[0].Resource.JSON), "Rivera") {
			t.Error("the receipt does not keep what was sent")
		}
		again := commit(t, s, message("clinic-a", "", next))
		if again.Effects[0].Verb != gateway.Unchanged {
			t.Errorf("the same again: %s %s", again.Effects[0].Verb, again.Effects[0].JSON)
		}
	})
}

// TestPatchNamesWhatIsThere: by id or by criteria nothing is made, and only the
// sender's own or a Task may be changed.
func TestPatchNamesWhatIsThere(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := create(t, patient("M1"))
		p.FullURL = "urn:uuid:11111111-1111-4111-8111-111111111111"
		task := create(t, `{"resourceType":"Task","identifier":[{"value":"R-1"}],"status":"requested","intent":"order","for":{"reference":"`+p.FullURL+`"},"owner":{"identifier":{"system":"`+gateway.NPI+`","value":"1234567893"}}}`)
		sent := commit(t, s, message("clinic-a", "", p, task))
		answer := func(id, criteria string) (*gateway.Receipt, error) {
			c := create(t, `{"resourceType":"Task","status":"accepted","intent":"plan","businessStatus":{"text":"first visit"}}`)
			c.Op, c.ID, c.Once = gateway.Patch, id, []string{"intent"}
			if criteria != "" {
				c.Where = query(t, "Task", criteria)
			}
			return s.Commit(context.Background(), message("clinic-b", "", c))
		}
		got, err := answer(sent.Effects[1].ID, "")
		if err != nil || !strings.Contains(string(got.Effects[0].JSON), `"order"`) || !strings.Contains(string(got.Effects[0].JSON), `"accepted"`) || got.Effects[0].Person == "" {
			t.Fatalf("by id: %v %+v", err, got)
		}
		if got, err = answer("", "identifier=R-1"); err != nil || got.Effects[0].Verb != gateway.Unchanged {
			t.Errorf("by criteria: %v", err)
		}
		for id, criteria := range map[string]string{"nobody": "", "": "identifier=R-2"} {
			if _, err := answer(id, criteria); code(err) != gateway.NotFound {
				t.Errorf("%q %q: %v", id, criteria, err)
			}
		}
	})
}

// TestAliases: whichever of its keys a resource was made by, the others lead to it.
func TestAliases(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		one := commit(t, s, message("clinic-a", "", patch(t, patient("M1"), "mr"))).Effects[0].ID
		both := commit(t, s, message("clinic-a", "", patch(t, patient("M1"), "mr", "medicaid"))).Effects[0].ID
		other := commit(t, s, message("clinic-a", "", patch(t, patient("M1"), "medicaid"))).Effects[0].ID
		third := commit(t, s, message("clinic-a", "", patch(t, patient("M1"), "second mr", "medicaid"))).Effects[0].ID
		last := commit(t, s, message("clinic-a", "", patch(t, patient("M1"), "second mr"))).Effects[0].ID
		if one != both || one != other || one != third || one != last {
			t.Errorf("several patients: %s %s %s %s %s", one, both, other, third, last)
		}
	})
}

// TestAPatchThatBreaksTheWholeIsRefused: what was valid alone may not be together.
func TestAPatchThatBreaksTheWholeIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		commit(t, s, message("clinic-a", "", patch(t, `{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"period":{"start":"2026-03-02"}}`, "e")))
		_, err := s.Commit(context.Background(), message("clinic-a", "", patch(t, `{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"period":{"end":"2026-03-01"}}`, "e")))
		if code(err) != gateway.Invalid {
			t.Errorf("an end before the start: %v", err)
		}
	})
}
