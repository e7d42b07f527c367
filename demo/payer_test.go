package demo_test

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
)

// The example of the walk is a good request, and the demonstration's payer grants
// 20 of the 30 units.
func TestWalkAsksThePayer(t *testing.T) {
	w := newWorld(t, sqlite(t))
	s := seed(t, door{w}, 40)
	if s.Walk.PriorAuth == nil {
		t.Fatal("no request")
	}
	r, err := w.Receive(t.Context(), &gateway.Message{Partner: s.Walk.Asker, Channel: "test", Kind: "fhir/pas-submit", Key: "walk", Body: s.Walk.PriorAuth}, nil)
	if err != nil || r.State != gateway.Accepted {
		t.Fatal(r, err)
	}
	if answer := string(demo.NewPayerServer("2.2.1", 20, "").Answer(s.Walk.PriorAuth)); !strings.Contains(answer, `"code":"A6"`) || !strings.Contains(answer, `"value":20`) {
		t.Errorf("answered %s", answer)
	}
}
