package mappings_test

import (
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
)

// TestPinnedVersion: a replay that asks for a version gets that one, or is held
// and told which there is; without a wish it gets the newest.
func TestPinnedVersion(t *testing.T) {
	kind := gateway.Kind("json/referral")
	mapping, name, ok := mappings.For(kind, clinic())
	if !ok {
		t.Fatal("no mapping")
	}
	for pin, want := range map[string]gateway.Code{"": "", name: "", string(kind) + "@0": gateway.Unmapped} {
		m := message(kind, mappings.Example("referral"))
		m.Pin = pin
		_, err := mapping(m, clinic())
		if got := gateway.FaultOf(err); (err == nil) != (want == "") || err != nil && got.Code != want {
			t.Errorf("%q: %v, want %q", pin, err, want)
		}
	}
}
