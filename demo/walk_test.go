package demo_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/csv"
)

// TestWalk sends what a visitor is told to send.
func TestWalk(t *testing.T) {
	w := newWorld(t, sqlite(t))
	s := seed(t, door{w}, 150)
	t.Run("the care plan goes in, a repeat is a repeat", func(t *testing.T) {
		for _, again := range []bool{false, true} {
			r, err := w.Receive(t.Context(), message("clinic-a", "json/care_plan", s.Walk.CarePlan), nil)
			if err != nil || r.State != gateway.Accepted || r.Repeat != again {
				t.Fatalf("repeat %t: %v, %+v", again, err, r)
			}
		}
	})
	t.Run("the broken one has four issues", func(t *testing.T) {
		m := message("clinic-a", "json/care_plan", s.Walk.BrokenCarePlan)
		m.Key = "walk broken"
		_, err := w.Receive(t.Context(), m, nil)
		f := gateway.FaultOf(err)
		if f.Code != gateway.Invalid || len(f.Issues) != 4 {
			t.Fatalf("%v", err)
		}
		for _, i := range f.Issues {
			if i.Path == "" || i.Found == "" || i.Allowed == "" || i.Fix == "" {
				t.Errorf("an issue that does not help: %+v", i)
			}
		}
	})
	t.Run("of the sheet 47 rows are good and 3 are not", func(t *testing.T) {
		good, bad := w.upload(t, s.Walk.BadCSV)
		if good != 47 || len(bad) != 3 {
			t.Fatalf("%d good; bad: %v", good, bad)
		}
		if good, bad := w.upload(t, s.Walk.MendedCSV); good != 50 || len(bad) != 0 {
			t.Fatalf("mended: %d good; bad: %v", good, bad)
		}
	})
	t.Run("the plan asks and gets yes, and no", func(t *testing.T) {
		url := w.serve(t)
		for body, want := range map[string]string{string(s.Walk.AuthYes): `"answer":"yes"`, string(s.Walk.AuthNo): `"answer":"no"`} {
			status, answer := post(t, url+"/v1/authorizations/check", "mco-a", "application/json", body)
			if status != http.StatusOK || !strings.Contains(answer, want) {
				t.Errorf("%d %s, want %s", status, answer, want)
			}
			if want == `"answer":"yes"` && (!strings.Contains(answer, `"units_available":12`) || !strings.Contains(answer, `"approved":20`)) {
				t.Errorf("not 12 of 20 units: %s", answer)
			}
		}
	})
}

func message(from gateway.PartnerID, kind gateway.Kind, body []byte) *gateway.Message {
	return &gateway.Message{Partner: from, Channel: "messages", Kind: kind, Key: "walk " + string(kind), Body: body}
}

// upload takes the rows of a sheet as the API does, and gives the good rows and
// the places of the bad ones.
func (w *world) upload(t *testing.T, sheet []byte) (good int, bad []string) {
	t.Helper()
	for part, err := range csv.Split(bytes.NewReader(sheet), "service", nil) {
		if err != nil || part.Issues != nil {
			t.Fatal(err, part.Issues)
		}
		m := message("clinic-c", "csv/service", part.Body)
		m.Key = "" // every row stands for itself
		_, err := w.Receive(t.Context(), m, nil)
		if err == nil {
			good++
			continue
		}
		for _, i := range gateway.FaultOf(err).Issues {
			bad = append(bad, i.Where+": "+i.Found)
		}
	}
	return good, bad
}
