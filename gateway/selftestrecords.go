package gateway

import (
	"crypto/rand"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// testRecords are made-up records that no partner can have: a person, a meeting
// with it, and a request for a prior authorization. ID is another for each
// self-test, PAYER is whom the partner answers for.
var testRecords = [...]string{
	`{"resourceType":"Patient","id":"ID","identifier":[{"system":"urn:throughline:selftest","value":"ID"}],"name":[{"family":"Selftest","given":["Synthetic"]}],"gender":"unknown","birthDate":"2000-01-01"}`,
	`{"resourceType":"Appointment","id":"ID","meta":{"lastUpdated":"2026-01-01T00:00:00Z"},"identifier":[{"system":"urn:throughline:selftest","value":"ID"}],"status":"booked","description":"Self-test: nobody meets.","start":"2026-01-02T15:00:00Z","end":"2026-01-02T15:30:00Z","minutesDuration":30,
		"participant":[{"actor":{"reference":"Patient/ID"},"status":"accepted"}]}`,
	`{"resourceType":"Claim","id":"ID","meta":{"lastUpdated":"2026-01-01T00:00:00Z"},"identifier":[{"system":"urn:throughline:selftest","value":"ID"}],"status":"active","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/claim-type","code":"professional"}]},"use":"preauthorization",
		"patient":{"reference":"Patient/ID"},"created":"2026-01-01","insurer":{"reference":"Organization/ID-payer"},"provider":{"reference":"Organization/ID-clinic"},"priority":{"coding":[{"code":"normal"}]},"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/ID"}}],
		"item":[{"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-certificationType","valueCodeableConcept":{"coding":[{"system":"https://codesystem.x12.org/005010/1322","code":"I"}]}}],"sequence":1,
			"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"H2021"}]},"servicedPeriod":{"start":"2026-01-02","end":"2026-01-31"},"quantity":{"value":1}}]}`,
	`{"resourceType":"Coverage","id":"ID","status":"active","subscriberId":"ID","beneficiary":{"reference":"Patient/ID"},"payor":[{"reference":"Organization/ID-payer"}]}`,
	`{"resourceType":"Organization","id":"ID-clinic","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1234567893"}],"active":true,"name":"Selftest"}`,
	`{"resourceType":"Organization","id":"ID-payer","identifier":[PAYER],"active":true,"name":"Selftest"}`,
}

// testParcel is the plainest of the test records that a wire can say: a person
// alone, a meeting, or a request for a prior authorization.
func testParcel(p *Partner, w Wire) (parcel *Parcel, err error) {
	id := "selftest" + strings.ToLower(rand.Text()[:12])
	for _, n := range [][]int{{0}, {1, 0}, {2, 0, 3, 4, 5}} {
		d := &Delivery{ID: DeliveryID(id), Message: MessageID(id), Lane: Lane{Partner: p.ID, Subject: "-"}, Key: id}
		for _, i := range n {
			r, _ := fhir.Parse([]byte(strings.NewReplacer("ID", id, "PAYER", payerOf(p)).Replace(testRecords[i])), fhir.Limits{}) // our own text
			d.Items, d.Resources = append(d.Items, Item{Type: r.Type, ID: r.ID, Version: 1, Verb: Created}), append(d.Resources, r)
		}
		if parcel, err = w.Render(d, p); err == nil {
			return parcel, nil
		}
	}
	return nil, err
}

// payerOf is an identifier by which a payer knows itself, in JSON.
func payerOf(p *Partner) string {
	id := Identifier{System: "urn:throughline:selftest", Value: string(p.ID)}
	if len(p.Identifiers) > 0 {
		id = p.Identifiers[0]
	}
	return string(fhir.Obj("system", id.System, "value", id.Value).JSON())
}
