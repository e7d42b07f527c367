package handover_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/handover"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

type desk struct{ address string }

func (d desk) Address(_ context.Context, _ gateway.PartnerID, _ gateway.DeliveryID, task *fhir.Resource, _ int64) (string, time.Time, error) {
	if task.Get("status").Text() != "requested" {
		return "", time.Time{}, nil
	}
	return d.address, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), nil
}

func delivery(t *testing.T, text string) *gateway.Delivery {
	t.Helper()
	r, issues := fhir.Parse([]byte(text), fhir.Limits{})
	if r == nil {
		t.Fatal(issues)
	}
	return &gateway.Delivery{ID: "d1", Key: "k", Items: []gateway.Item{{Type: r.Type, ID: r.ID, Version: 1}}, Resources: []*fhir.Resource{r}}
}

const task = `{"resourceType":"Task","id":"t1","status":"requested","intent":"order","description":"Zzyzx","focus":{"reference":"ServiceRequest/s1"}}`

// The note is one file, the same however often it is sent, and names nobody.
func TestNote(t *testing.T) {
	p := &gateway.Partner{ID: "school", Name: "Maple School", Deliver: &gateway.Endpoint{Wire: handover.Wire, Path: t.TempDir()}}
	s := handover.New(p, desk{"https://gateway.example/r/abc"})
	parcel, err := handover.Render(delivery(t, task), p)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Send(context.Background(), parcel); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(p.Deliver.Path)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	text, err := os.ReadFile(filepath.Join(p.Deliver.Path, files[0].Name()))
	if err != nil || !strings.Contains(string(text), "https://gateway.example/r/abc") || strings.Contains(string(text), "Zzyzx") {
		t.Errorf("%v %s", err, text)
	}
	p.Deliver.Path += "/absent"
	if _, err := s.Send(context.Background(), parcel); gateway.FaultOf(err).Code != gateway.Busy {
		t.Errorf("no folder: %v", err)
	}
}

func TestWhatALinkCannotCarryIsSaid(t *testing.T) {
	_, err := handover.Render(delivery(t, `{"resourceType":"Goal","id":"g1","lifecycleStatus":"active"}`), nil)
	if gateway.FaultOf(err).Code != gateway.NotSupported {
		t.Errorf("%v", err)
	}
	p := &gateway.Partner{Name: "x", Deliver: &gateway.Endpoint{Path: t.TempDir()}}
	parcel, err := handover.Render(delivery(t, strings.Replace(task, "requested", "completed", 1)), p)
	if err != nil {
		t.Fatal(err)
	}
	if name, err := handover.New(p, desk{}).Send(context.Background(), parcel); name != "" || err != nil {
		t.Errorf("a referral that is over: %q %v", name, err)
	}
}
