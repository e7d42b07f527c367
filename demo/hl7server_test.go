package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
)

// TestHL7Server: the clinic's system takes an RRI once, keeps it where a visitor
// finds it, and fails as told.
func TestHL7Server(t *testing.T) {
	list := []gateway.Partner{{ID: "clinic-d", Deliver: &gateway.Endpoint{Wire: "mllp", URL: "mllp://127.0.0.1:0", Timeout: 10 * time.Second}}}
	ps, err := demo.OpenPartners(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ps.Keep(dir)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- ps.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	s, err := mllp.New(&list[0], mllp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	parcel := &gateway.Parcel{Key: "R1", Body: []byte("MSH|^~\\&|THROUGHLINE|THROUGHLINE|DOGWOOD_EHR|DOGWOOD|20260301||RRI^I12^RRI_I12|R1|P|2.5.1\rMSA|AA|D1\rRF1|A\r")}
	ps.Behave("clinic-d", demo.Behaviour{Status: 503, Times: 1})
	if _, err := s.Send(ctx, parcel); gateway.FaultOf(err).Code != gateway.Busy {
		t.Errorf("told to fail: %v", err)
	}
	for range 2 {
		if _, err := s.Send(ctx, parcel); err != nil {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "clinic-d", "*.hl7"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if text, err := os.ReadFile(names[0]); err != nil || !strings.Contains(string(text), "\nRF1|A\n") {
		t.Errorf("%q %v", text, err)
	}
}
