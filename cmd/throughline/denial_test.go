package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/store/storetest"
)

// denials deny item 1 of REQ-1 by each wire that a payer decides by, without a
// reviewer; basis is put in where the wire has a place for it.
var denials = map[string]func(basis string) (gateway.Kind, string){
	"json": func(basis string) (gateway.Kind, string) {
		return "json/decision", fmt.Sprintf(`{"record":"decision","trace_number":"REQ-1","decided_at":"%sT12:00:00Z","items":[{"item":1,"action":"A3","reason":"not needed","basis":%q},{"item":2,"action":"A1"}]}`, appealDay(0), basis)
	},
	"csv": func(basis string) (gateway.Kind, string) {
		return "csv/decision", fmt.Sprintf("trace_number,decided_at,item,action,reason,basis\nREQ-1,%sT12:00:00Z,1,A3,not needed,%s\n", appealDay(0), basis)
	},
	"fhir": func(basis string) (gateway.Kind, string) {
		return "fhir/collection", fmt.Sprintf(`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:3c0c5f0e-0f5b-4b5a-9d2c-8a2c6a8f0b11","resource":{"resourceType":"ClaimResponse",
			"identifier":[{"system":"urn:test:trace","value":"REQ-1"}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"identifier":{"system":"http://throughline.example/sid/medicaid","value":"SYN-Q-1"}},
			"created":"%[1]sT12:00:00Z","insurer":{"identifier":{"system":"http://throughline.example/sid/payer","value":"mco-a"}},"outcome":"complete","item":[%[2]s,%[3]s]}}]}`,
			appealDay(0), reviewed(1, "A3", basis), reviewed(2, "A1", ""))
	},
	"x12": func(string) (gateway.Kind, string) {
		segments := []string{"ST*278*0001*005010X217", "BHT*0007*11*REQ-1*" + strings.ReplaceAll(appealDay(0), "-", "") + "*1200*18", "HL*1**20*1", "NM1*X3*2*PLAN MCO*****PI*mco-a", "HL*2*1*21*1", "NM1*1P*2*CLINIC*****XX*1999900016",
			"HL*3*2*22*1", "NM1*IL*1*SAMPLE*****MI*SYN-Q-1", "HL*4*3*EV*1", "TRN*2*REQ-1*9AGENCY001", "UM*HS*I*CQ*12:B", "HCR*A2",
			"HL*5*4*SS*0", "UM*HS*I*CQ", "HCR*A3**37", "SV1*HC:H2021**UN*5", "HL*6*4*SS*0", "UM*HS*I*CQ", "HCR*A1*AUTH-2", "SV1*HC:T1016**UN*8"}
		segments = append(segments, fmt.Sprintf("SE*%d*0001", len(segments)+1))
		e := wire.Envelope{From: wire.Party{Qualifier: "ZZ", ID: "PLANMCO"}, To: wire.Party{Qualifier: "ZZ", ID: "AGENCY01"}, At: time.Now(), Control: 900, GroupControl: 900}
		return "x12/278-response", string(e.Wrap("HI", "005010X217", []byte(strings.Join(segments, "~\n")+"~\n")))
	},
}

// reviewed is an item of a ClaimResponse.
func reviewed(sequence int, action, basis string) string {
	reason := ""
	if basis != "" {
		reason = fmt.Sprintf(`,{"url":"reasonCode","valueCodeableConcept":{"coding":[{"system":%q,"code":%q}]}}`, gateway.DenialBasis, basis)
	}
	return fmt.Sprintf(`{"itemSequence":%d,"adjudication":[{"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewAction","extension":[
		{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewActionCode","valueCodeableConcept":{"coding":[{"system":"https://codesystem.x12.org/005010/306","code":%q}]}}%s]}],
		"category":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adjudication","code":"submitted"}]}}]}`, sequence, action, reason)
}

// TestDenialByEachWire: a denial without reviewer or reason is taken in by every
// wire, and waits as an incomplete notice until a whole one went out; one that
// rests on a limit alone is refused for a youth by every wire that can say so.
func TestDenialByEachWire(t *testing.T) {
	for name, denial := range denials {
		t.Run(name, func(t *testing.T) {
			storetest.EachURL(t, func(t *testing.T, at string) {
				w := newQueueWorld(t, at)
				if kind, body := denial(gateway.CapBasis); name != "x12" {
					_, err := w.app.Gateway.Receive(t.Context(), &gateway.Message{Partner: "mco-a", Channel: "test", Kind: kind, Body: []byte(body)}, acknowledged)
					if err == nil || !strings.Contains(fmt.Sprint(err, gateway.FaultOf(err).Issues), "EPSDT") || len(w.queue()) != 1 {
						t.Fatalf("a limit alone denied a child of 12: %v", err)
					}
				}
				kind, body := denial("not-necessary")
				w.receive("mco-a", kind, body)
				if name == "csv" { // a row decides one item
					w.receive("mco-a", kind, fmt.Sprintf("trace_number,decided_at,item,action\nREQ-1,%sT12:00:00Z,2,A1\n", appealDay(0)))
				}
				w.wait("denied", "mco-a", "adverse-notice mco-a incomplete", "appeal-window family open")
				w.receive("mco-a", "json/adverse_notice", fmt.Sprintf(`{"record":"adverse_notice","notice_id":"NOT-1","member_id":"SYN-Q-1","trace_number":"REQ-1","item":1,"action":"denied","sent_at":%q,"determined_on":%[1]q,
					"reason":"Not needed for this child, by the notes of May","reviewer":"R. Okafor","credential":"MD"}`, appealDay(0)))
				w.wait("noticed", "mco-a", "appeal-window family open")
			})
		})
	}
}
