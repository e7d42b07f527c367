package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/throughline/throughline/store"
)

// TestSearchByPatientUsesThePersonIndex keeps the plan of the commonest search
// from turning into a scan of all resources of a type.
func TestSearchByPatientUsesThePersonIndex(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		p := commit(t, s, message("clinic-a", "", create(t, patient("M1"))))
		for i := range 40 {
			commit(t, s, message("clinic-a", "", create(t, plan("Patient/"+p.Effects[0].ID)), create(t, patient(fmt.Sprint("N", i)))))
		}
		lines, err := s.Explain(context.Background(), caller("clinic-a"), query(t, "CarePlan", "status=active&patient=Patient/"+p.Effects[0].ID))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(lines, "resource_person") {
			t.Errorf("not by person:\n%s", lines)
		}
	})
}
