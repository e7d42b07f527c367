package demo_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// claimsWorld is a gateway with a clinic, an MCO and a state.
type claimsWorld struct {
	t     *testing.T
	store *store.Store
	gate  *gateway.Gateway
}

// noHints remembers nothing: the index decides on repeats.
type noHints struct{}

func (noHints) Recall(context.Context, gateway.PartnerID, string) (gateway.MessageID, bool) {
	return "", false
}
func (noHints) Remember(context.Context, gateway.PartnerID, string, gateway.MessageID) {}

func newClaimsWorld(t *testing.T, s *store.Store) *claimsWorld {
	zone := time.FixedZone("EST", -5*3600)
	partners := map[gateway.PartnerID]*gateway.Partner{}
	for id, kind := range map[gateway.PartnerID]gateway.PartnerKind{"clinic": gateway.Clinic, "mco": gateway.MCO, "state": gateway.StateAgency} {
		partners[id] = &gateway.Partner{ID: id, Kind: kind, MemberSystem: storetest.MemberSystem, Zone: zone, Sends: []gateway.Kind{"*"}, Payers: []string{"riverbend"}}
	}
	n := 0
	return &claimsWorld{t, s, &gateway.Gateway{Ledger: s, Dedup: noHints{}, Mapping: mappings.For, Now: time.Now,
		NewID:    func() gateway.MessageID { n++; return gateway.MessageID(fmt.Sprintf("c%06d", n)) },
		Partners: func(id gateway.PartnerID) (*gateway.Partner, bool) { p, ok := partners[id]; return p, ok }}}
}

// say sends a message that must be taken.
func (w *claimsWorld) say(partner gateway.PartnerID, kind gateway.Kind, body string) {
	w.t.Helper()
	m := &gateway.Message{Partner: partner, Channel: "test", Kind: kind, Body: []byte(body)}
	r, err := w.gate.Receive(context.Background(), m, func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 200} })
	if err != nil || r.State != gateway.Accepted {
		w.t.Fatalf("%s of %s: %v %v", kind, partner, err, r)
	}
}

// stand is the verdict of every line and what each authorization has used.
func (w *claimsWorld) stand(asOf string) map[string]string {
	w.t.Helper()
	member := gateway.Identifier{System: storetest.MemberSystem, Value: "MCD00812345"}
	c, err := w.store.CaseOf(context.Background(), gateway.Caller{Partner: "state", Scopes: []string{gateway.ScopePartner("state")}}, member)
	if err != nil {
		w.t.Fatal(err)
	}
	day, err := ledger.ParseDay(asOf)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	result := ledger.Settle(c, day, nil)
	for _, v := range result.Lines {
		out[v.Line.ID] = string(v.Verdict)
	}
	for _, u := range result.Uses {
		out[u.Auth.ID] = fmt.Sprintf("used %d", u.Used)
	}
	return out
}

// unit is the message of one of the mappings' cases, with some texts replaced.
func unit(t *testing.T, name string, change ...string) string {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("../mappings/testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(change...).Replace(string(a.Files[0].Data))
}

// TestClaimsJourney walks a claim through its life: sent, denied in part by the
// payer, replaced, the replacement paid, and voided. After each step the ledger
// says what is used.
func TestClaimsJourney(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		w := newClaimsWorld(t, open())
		expect := func(step string, want map[string]string) {
			t.Helper()
			if diff := cmp.Diff(want, w.stand("2026-04-30")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step, diff)
			}
		}
		w.say("state", "x12/834", unit(t, "x12_834_full", "777777777", "riverbend"))
		w.say("state", "csv/authorization", "authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,payer\n"+
			"AUTH2603-0457-1,MCD00812345,1234567893,H2021,HA,2026-03-01,2026-06-30,100,approved,riverbend\n")
		w.say("clinic", "x12/837P", unit(t, "x12_837_claim_with_auth"))
		expect("sent", map[string]string{"HFS-88213-1": "matched", "HFS-88213-2": "matched", "AUTH2603-0457-1": "used 16"})
		w.say("mco", "x12/835", unit(t, "x12_835_paid_and_denied", "RIVERBEND*20260420", "RIVERBEND*20260405"))
		expect("denied in part", map[string]string{"HFS-88213-1": "matched", "HFS-88213-2": "denied", "AUTH2603-0457-1": "used 8"})
		w.say("clinic", "x12/835", unit(t, "x12_835_denied"))
		expect("a clinic denies nothing", map[string]string{"HFS-88213-1": "matched", "HFS-88213-2": "denied", "AUTH2603-0457-1": "used 8"})
		w.say("clinic", "x12/837P", unit(t, "x12_837_encounter_replacement"))
		replaced := map[string]string{"HFS-88213-1": "replaced", "HFS-88213-2": "replaced", "HFS-88213-1/7": "matched", "HFS-88213-2/7": "matched", "AUTH2603-0457-1": "used 12"}
		expect("replaced", replaced)
		w.say("clinic", "x12/837P", unit(t, "x12_837_encounter_replacement"))
		expect("the replacement again", replaced)
		w.say("mco", "x12/835", unit(t, "x12_835_denied", "HFS-88213*4*208*0", "HFS-88213*4*156*0"))
		expect("the replacement denied", map[string]string{"HFS-88213-1": "replaced", "HFS-88213-2": "replaced", "HFS-88213-1/7": "denied", "HFS-88213-2/7": "denied", "AUTH2603-0457-1": "used 0"})
		w.say("mco", "x12/835", unit(t, "x12_835_reversal", "RIVERBEND*20260420", "RIVERBEND*20260421", "*HFS-88213*22", "*HFS-88213*22", "HFS-88213-2", "HFS-88213-1"))
		expect("one denial taken back", map[string]string{"HFS-88213-1": "replaced", "HFS-88213-2": "replaced", "HFS-88213-1/7": "matched", "HFS-88213-2/7": "denied", "AUTH2603-0457-1": "used 8"})
		w.say("clinic", "x12/837P", unit(t, "x12_837_encounter_replacement", "12:B:7", "12:B:8", "*20260410*0930*RP", "*20260425*0930*RP"))
		expect("voided", map[string]string{"HFS-88213-1": "voided", "HFS-88213-2": "voided", "HFS-88213-1/7": "voided", "HFS-88213-2/7": "voided",
			"HFS-88213-1/8": "void", "HFS-88213-2/8": "void", "AUTH2603-0457-1": "used 0"})
	})
}

// TestReplacementBeforeItsOriginal: the order of arrival does not matter.
func TestReplacementBeforeItsOriginal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		w := newClaimsWorld(t, open())
		w.say("state", "x12/834", unit(t, "x12_834_full", "777777777", "riverbend"))
		w.say("clinic", "x12/837P", unit(t, "x12_837_encounter_replacement"))
		if got := w.stand("2026-04-30")["HFS-88213-1/7"]; got != "unknown_original" {
			t.Errorf("alone: %s", got)
		}
		w.say("clinic", "x12/837P", unit(t, "x12_837_claim_with_auth"))
		got := w.stand("2026-04-30")
		if got["HFS-88213-1"] != "replaced" || got["HFS-88213-1/7"] != "no_authorization" {
			t.Errorf("after its original: %v", got)
		}
	})
}

// TestReplacementLeavesALineOut: a replacement and a void stand for the whole
// claim, also for lines they do not name; a later one may bring a line back.
func TestReplacementLeavesALineOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		w := newClaimsWorld(t, open())
		expect := func(step string, want map[string]string) {
			t.Helper()
			if diff := cmp.Diff(want, w.stand("2026-04-30")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step, diff)
			}
		}
		w.say("state", "x12/834", unit(t, "x12_834_full", "777777777", "riverbend"))
		w.say("state", "csv/authorization", "authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,payer\n"+
			"A,MCD00812345,1234567893,H2021,HA,2026-03-01,2026-06-30,100,approved,riverbend\n")
		w.say("clinic", "x12/837P", unit(t, "x12_837_claim_with_auth"))
		second := "LX*2~\nSV1*HC:H2021:HA*52*UN*4***1~\nDTP*472*D8*20260318~\nREF*6R*HFS-88213-2~\n"
		w.say("clinic", "x12/837P", unit(t, "x12_837_encounter_replacement", second, "", "SE*31*", "SE*27*"))
		expect("one line left out", map[string]string{"HFS-88213-1": "replaced", "HFS-88213-1/7": "matched", "HFS-88213-2": "voided", "HFS-88213-2/8": "void", "A": "used 8"})
		w.say("clinic", "x12/837P", unit(t, "x12_837_encounter_replacement", "*20260410*0930*RP", "*20260411*0930*RP"))
		expect("brought back", map[string]string{"HFS-88213-1": "replaced", "HFS-88213-1/7": "matched", "HFS-88213-2": "replaced", "HFS-88213-2/7": "matched", "HFS-88213-2/8": "void", "A": "used 12"})
		w.say("clinic", "x12/837P", unit(t, "x12_837_encounter_replacement", second, "", "SE*31*", "SE*27*", "12:B:7", "12:B:8", "*20260410*0930*RP", "*20260412*0930*RP"))
		expect("voided by one line", map[string]string{"HFS-88213-1": "voided", "HFS-88213-1/7": "voided", "HFS-88213-1/8": "void",
			"HFS-88213-2": "voided", "HFS-88213-2/7": "voided", "HFS-88213-2/8": "void", "A": "used 0"})
	})
}

// TestEnrollmentEnds: an 834 that ends coverage without saying when it began.
func TestEnrollmentEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		w := newClaimsWorld(t, open())
		w.say("state", "x12/834", unit(t, "x12_834_full", "777777777", "riverbend"))
		w.say("clinic", "x12/837P", unit(t, "x12_837_claim_with_auth"))
		if got := w.stand("2026-04-30")["HFS-88213-1"]; got != "no_authorization" {
			t.Errorf("enrolled: %s", got)
		}
		w.say("state", "x12/834", unit(t, "x12_834_end", "777777777", "riverbend", "*20260302*0600", "*20260315*0600"))
		if got := w.stand("2026-04-30")["HFS-88213-1"]; got != "not_enrolled" {
			t.Errorf("after the end: %s", got)
		}
	})
}
