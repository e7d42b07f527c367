package gateway_test

import (
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// TestCapAloneDeniesNoYouth: on every way in, for every one under 21 or asked for
// under EPSDT; an individual finding beside the cap is enough.
func TestCapAloneDeniesNoYouth(t *testing.T) {
	basis := func(codes ...string) (out []gateway.Coded) {
		for _, c := range codes {
			out = append(out, gateway.Coded{System: gateway.DenialBasis, Code: c})
		}
		return out
	}
	for name, c := range map[string]struct {
		born    string
		epsdt   bool
		action  string
		reasons []gateway.Coded
		refused bool
	}{
		"a child":              {born: "2015-05-01", action: "A3", reasons: basis("benefit-limit"), refused: true},
		"a cut":                {born: "2015-05-01", action: "A6", reasons: basis("benefit-limit"), refused: true},
		"20 years":             {born: "2005-05-01", action: "A3", reasons: basis("benefit-limit"), refused: true},
		"21 on that day":       {born: "2005-03-15", action: "A3", reasons: basis("benefit-limit")},
		"marked EPSDT":         {epsdt: true, action: "A3", reasons: basis("benefit-limit"), refused: true},
		"with a finding":       {born: "2015-05-01", action: "A3", reasons: basis("benefit-limit", "not-necessary")},
		"another reason":       {born: "2015-05-01", action: "A3", reasons: basis("not-necessary")},
		"no basis stated":      {born: "2015-05-01", action: "A3"},
		"certified":            {born: "2015-05-01", action: "A1", reasons: basis("benefit-limit")},
		"age and mark unknown": {action: "A3", reasons: basis("benefit-limit")},
	} {
		t.Run(name, func(t *testing.T) {
			a := &gateway.Authorization{Born: c.born, Revisions: []gateway.Revision{{Message: "m"}},
				Items: []gateway.AuthItem{{Sequence: 1, Revision: 1, EPSDT: c.epsdt, Asked: gateway.AuthService{Start: "2026-03-15"}}}}
			d := &gateway.Decision{At: time.Now(), Items: []gateway.DecidedItem{{Sequence: 1, ItemAnswer: gateway.ItemAnswer{Action: c.action, Reasons: c.reasons}}}}
			_, _, err := gateway.Decide(a, d, 1)
			if (err != nil) != c.refused {
				t.Errorf("%v", err)
			}
		})
	}
	if table := codes.Get("denial_basis"); table.System != gateway.DenialBasis {
		t.Errorf("the table is of %s", table.System)
	} else if _, ok := table.Find(gateway.CapBasis); !ok {
		t.Error("the table has no benefit limit")
	}
}

// TestDecideOnWhatWasSeen: of two reviewers who looked at one version, one
// decides; a repeat of a decision that stands is no conflict.
func TestDecideOnWhatWasSeen(t *testing.T) {
	a := &gateway.Authorization{Version: 3, Revisions: []gateway.Revision{{Message: "m"}}, Items: []gateway.AuthItem{{Sequence: 1, Revision: 1}}}
	decision := func(action string) *gateway.Decision {
		return &gateway.Decision{Seen: 3, At: time.Unix(1, 0), Items: []gateway.DecidedItem{{Sequence: 1, ItemAnswer: gateway.ItemAnswer{Action: action}}}}
	}
	next, changed, err := gateway.Decide(a, decision("A1"), 1)
	if err != nil || !changed {
		t.Fatal(changed, err)
	}
	next.Version = 4
	if _, _, err := gateway.Decide(next, decision("A3"), 1); gateway.FaultOf(err).Code != gateway.Conflict {
		t.Errorf("the second reviewer: %v", err)
	}
	if _, changed, err := gateway.Decide(next, decision("A1"), 1); changed || err != nil {
		t.Errorf("the same again: %v %v", changed, err)
	}
}
