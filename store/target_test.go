package store_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// Every message of a clinic names the clinic. While one is on its way another that
// says the same of it does not wait; only a change of the clinic does.
func TestWhatStandsInTheDirectoryIsNotLocked(t *testing.T) {
	url := storetest.Postgres(t)
	s, err := store.Open(t.Context(), url, policy())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	clinic := func(op gateway.Op, name string) gateway.Change {
		c := create(t, `{"resourceType":"Organization","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1234567893"}],"name":"`+name+`"}`)
		c.Op, c.Key = op, gateway.Identifier{System: "urn:a", Value: "us"}
		return c
	}
	first := commit(t, s, message("clinic-a", "", clinic(gateway.Upsert, "Clinic"))).Effects[0]
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback() //nolint:errcheck // ends with the test
	for _, lock := range []string{"update identity set value = value where type = 'Organization'", "update resource set version = version where type = 'Organization'"} {
		if _, err := other.Exec(lock); err != nil {
			t.Fatal(err)
		}
	}
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, op := range []gateway.Op{gateway.Upsert, gateway.Ensure} {
		r, err := s.Commit(soon, message("clinic-a", "", clinic(op, "Clinic"), create(t, patient("M1"))))
		if err != nil || r.Effects[0].Verb != gateway.Unchanged || r.Effects[0].ID != first.ID {
			t.Fatalf("%v while another holds the clinic: %+v %v", op, r, err)
		}
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	if e := commit(t, s, message("clinic-a", "", clinic(gateway.Upsert, "Clinic of Troy"))).Effects[0]; e.Verb != gateway.Updated || e.ID != first.ID || e.Version != 2 {
		t.Errorf("another name: %+v", e)
	}
	if e := commit(t, s, message("clinic-a", "", clinic(gateway.Ensure, "Clinic"))).Effects[0]; e.Verb != gateway.Unchanged || e.Version != 2 {
		t.Errorf("only to be there: %+v", e)
	}
}
