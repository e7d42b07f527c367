package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
)

// resourcesOf are the resources of every child of whom some were not sent as
// records: one line a child.
func resourcesOf(t *testing.T, s *store.Store, known int64) (out []string) {
	t.Helper()
	for bucket := range store.Buckets {
		err := s.StreamResources(context.Background(), bucket, known, func(_ string, rs []gateway.StoredResource) error {
			var words []string
			for _, r := range rs {
				parsed, _ := fhir.Parse(r.JSON, fhir.Limits{})
				words = append(words, fmt.Sprintf("%s of %s: %s%s", r.Type, r.Source, parsed.Get("title").Text(), parsed.Get("description", "text").Text()))
			}
			out = append(out, strings.Join(words, "; "))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestStreamResources: the version in force at a watermark, none that is gone, and
// no child whose records say it all; of the others everything.
func TestStreamResources(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		child := create(t, patient("M1"))
		child.FullURL = "urn:uuid:1"
		goal := create(t, `{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"Sleep"},"subject":{"reference":"urn:uuid:1"}}`)
		first := commit(t, s, message("clinic-a", "", child, create(t, plan("urn:uuid:1")), goal))
		own := recordMessage(t, "M2", "care_plan", "P", at(10), "{}")
		own.Mapped.Changes[0].FullURL = "urn:uuid:2"
		own.Mapped.Changes = append(own.Mapped.Changes, create(t, plan("urn:uuid:2")))
		commit(t, s, own)
		before := known(t, s)
		id := first.Effects[1].ID
		again := create(t, strings.Replace(plan("Patient/"+first.Effects[0].ID), `"Plan"`, `"Second plan"`, 1))
		again.Op, again.ID = gateway.Update, id
		again.Resource, _ = fhir.Parse([]byte(strings.Replace(string(again.Resource.JSON), `{`, `{"id":"`+id+`",`, 1)), fhir.Limits{})
		commit(t, s, message("clinic-a", "", again))
		second := known(t, s)
		commit(t, s, message("clinic-a", "", gateway.Change{Op: gateway.Delete, Type: "CarePlan", ID: id}))
		for i, want := range []string{"CarePlan of clinic-a: Plan; Goal of clinic-a: Sleep", "CarePlan of clinic-a: Second plan; Goal of clinic-a: Sleep", "Goal of clinic-a: Sleep"} {
			if diff := cmp.Diff([]string{want}, resourcesOf(t, s, []int64{before, second, known(t, s)}[i])); diff != "" {
				t.Error(i, diff)
			}
		}
		if got := resourcesOf(t, s, 0); len(got) > 0 {
			t.Errorf("before anything came: %q", got)
		}
	})
}

// TestWhoTakesPartIsAPatient: an Appointment says of a urn in its message no type, and
// a Consent may name its child by a condition; both are about the child. Whom a
// resource names in the directory is read at a watermark, too.
func TestWhoTakesPartIsAPatient(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		child := create(t, patient("M1"))
		child.FullURL = "urn:uuid:1"
		worker := create(t, `{"resourceType":"Practitioner","name":[{"text":"One"}]}`)
		worker.FullURL = "urn:uuid:2"
		meeting := create(t, `{"resourceType":"Appointment","status":"fulfilled","description":"Meeting","participant":[{"actor":{"reference":"urn:uuid:2"},"status":"accepted"},{"actor":{"reference":"urn:uuid:1"},"status":"accepted"}]}`)
		first := commit(t, s, message("clinic-a", "", child, worker, meeting))
		consent := create(t, `{"resourceType":"Consent","status":"active","patient":{"reference":"Patient?identifier=`+memberSystem+`|M1"}}`)
		commit(t, s, message("clinic-a", "", consent))
		if diff := cmp.Diff([]string{"Appointment of clinic-a: ; Consent of clinic-a: "}, resourcesOf(t, s, known(t, s))); diff != "" {
			t.Error(diff)
		}
		id := first.Effects[1].ID
		again := create(t, `{"resourceType":"Practitioner","id":"`+id+`","name":[{"text":"Two"}]}`)
		again.Op, again.ID = gateway.Update, id
		before := known(t, s)
		commit(t, s, message("clinic-a", "", again))
		for at, want := range map[int64]string{before: "One", known(t, s): "Two"} {
			rs, err := s.NamedResources(context.Background(), []string{"Practitioner/" + id, "Practitioner/none", "Patient/" + first.Effects[0].ID, ""}, at)
			if err != nil || len(rs) != 1 || !strings.Contains(string(rs[0].JSON), want) {
				t.Errorf("at %d: %v %d resources", at, err, len(rs))
			}
		}
	})
}

// TestStaffResources: a role that was sent as FHIR comes with its practitioner, one
// that was sent as a record does not.
func TestStaffResources(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		role := func(n string) gateway.Change {
			return create(t, `{"resourceType":"PractitionerRole","practitioner":{"reference":"urn:uuid:`+n+`"},"active":true}`)
		}
		person := func(n string) gateway.Change {
			c := create(t, `{"resourceType":"Practitioner","name":[{"text":"Person `+n+`"}]}`)
			c.FullURL = "urn:uuid:" + n
			return c
		}
		record := recordMessage(t, "", "staff", "S1", at(10), "{}")
		record.Mapped.Changes = []gateway.Change{person("1"), role("1")}
		commit(t, s, record)
		read := func() string {
			rs, err := s.StaffResources(context.Background(), known(t, s))
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, r := range rs {
				words = append(words, r.Type)
			}
			return strings.Join(words, " ")
		}
		if got := read(); got != "" {
			t.Errorf("staff that came as a record: %s", got)
		}
		commit(t, s, message("clinic-a", "", person("2"), role("2")))
		if got := read(); got != "PractitionerRole Practitioner Practitioner" {
			t.Error(got)
		}
	})
}
