package hl7v2_test

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/hl7v2"
)

// clinic sends; receiver gets, and knows nobody of the clinic.
func clinic() *gateway.Partner {
	return &gateway.Partner{ID: "clinic-a", MemberSystem: "urn:example:medicaid", Zone: time.FixedZone("EST", -5*3600)}
}

func receiver() *gateway.Partner {
	return &gateway.Partner{ID: "agency", MemberSystem: "urn:example:medicaid", HL7: &gateway.HL7{Applications: []string{"EHR"}, Facilities: []string{"HOPE"}}}
}

// mapBody maps a body of its own kind.
func mapBody(t testing.TB, p *gateway.Partner, body []byte) *gateway.Mapped {
	t.Helper()
	h, err := er7.Peek(body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := hl7v2.Map(&gateway.Message{Partner: p.ID, Kind: gateway.Kind("hl7v2/" + h.Kind()), Body: body, Received: time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)}, p)
	if err != nil || out.Issues.Errors() {
		t.Fatalf("%s: %v %v", h.Kind(), err, out)
	}
	return out
}

// stored is what the store makes of changes: ids, versions, references.
func stored(t testing.TB, changes []gateway.Change) []*fhir.Resource {
	t.Helper()
	refs := map[string]string{}
	for i, c := range changes {
		refs[c.FullURL] = c.Type + "/" + id(i)
	}
	out := make([]*fhir.Resource, len(changes))
	for i, c := range changes {
		out[i] = c.Resource.Stamp(id(i), 1, time.Date(2026, 3, 1, 14, 0, 0, 0, time.UTC), func(v string) string { return cmp.Or(refs[v], v) })
		out[i].ID = id(i)
	}
	return out
}

func id(i int) string {
	return "0a" + strings.Repeat("0", 22) + string(rune('a'+i%26)) + string(rune('a'+i/26))
}

// delivery carries some types of the resources as items, the others as context.
func delivery(verb gateway.Verb, rs []*fhir.Resource, types ...string) *gateway.Delivery {
	d := &gateway.Delivery{ID: "d1", Key: "0123456789abcdef0123456789abcdef01234567"}
	for _, r := range rs {
		if slices.Contains(types, r.Type) {
			d.Items, d.Resources = append(d.Items, gateway.Item{Type: r.Type, ID: r.ID, Version: 1, Verb: verb}), append(d.Resources, r)
		} else {
			d.Context = append(d.Context, r)
		}
	}
	return d
}

func render(t testing.TB, d *gateway.Delivery, p *gateway.Partner) []byte {
	t.Helper()
	parcel, err := hl7v2.Render(d, p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := hl7v2.Render(d, p)
	if err != nil || !bytes.Equal(parcel.Body, again.Body) {
		t.Fatal("a second try has other bytes", err)
	}
	return parcel.Body
}

// golden reads the message of a case of the mappings.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("..", "testdata", "hl7v2_"+name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(a.Files[0].Data)
}

func ofType(rs []*fhir.Resource, typ string) *fhir.Resource {
	for _, r := range rs {
		if r.Type == typ {
			return r
		}
	}
	return nil
}

// same compares elements of the resource of a type before and after.
func same(t *testing.T, before, after []*fhir.Resource, typ string, elements ...string) {
	t.Helper()
	a, b := ofType(before, typ), ofType(after, typ)
	if a == nil || b == nil {
		t.Fatalf("no %s: %v %v", typ, a, b)
	}
	for _, e := range elements {
		path := strings.Split(e, ".")
		x, y := a.Get(path...), b.Get(path...)
		if x == nil || !bytes.Equal(x.Raw(), y.Raw()) {
			t.Errorf("%s.%s went out as %s and came back as %s", typ, e, x.Raw(), y.Raw())
		}
	}
}

// TestRenderings are the messages out, whole: what reviewers read.
func TestRenderings(t *testing.T) {
	update := os.Getenv("UPDATE") != ""
	for _, c := range []struct {
		name, from string
		verb       gateway.Verb
		to         *gateway.Partner
		types      []string
	}{
		{"ref_i12", "ref_i12_wraparound_referral", gateway.Created, receiver(), []string{"Task", "ServiceRequest"}},
		{"ref_i13", "ref_i12_wraparound_referral", gateway.Updated, receiver(), []string{"ServiceRequest"}},
		{"ref_i14", "ref_i14_cancel", gateway.Updated, receiver(), []string{"Task"}},
		{"rri_i12", "ref_i12_wraparound_referral", gateway.Updated, clinic(), []string{"Task"}},
		{"siu_s12", "siu_s12_cft_meeting", gateway.Created, receiver(), []string{"Appointment"}},
		{"siu_s15", "siu_s15", gateway.Updated, clinic(), []string{"Appointment"}},
		{"oru_r01", "oru_types", gateway.Created, receiver(), []string{"DiagnosticReport", "Observation"}},
		{"mdm_t02", "mdm_t02_crisis_plan", gateway.Created, receiver(), []string{"DocumentReference"}},
		{"mdm_t11", "mdm_t11", gateway.Updated, receiver(), []string{"DocumentReference"}},
		{"mdm_summary", "pgl_pc6_goal_add", gateway.Created, receiver(), []string{"Goal", "Observation", "Condition"}},
		{"two_messages", "ref_i12_wraparound_referral", gateway.Created, receiver(), []string{"Task", "DiagnosticReport"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := render(t, delivery(c.verb, stored(t, mapBody(t, clinic(), golden(t, c.from)).Changes), c.types...), c.to)
			path := filepath.Join("testdata", c.name+".hl7")
			if update {
				if err := os.WriteFile(path, bytes.ReplaceAll(body, []byte("\r"), []byte("\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.ReplaceAll(body, []byte("\r"), []byte("\n")); !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			parts, err := er7.Split(body)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range parts {
				mapBody(t, receiver(), part)
			}
		})
	}
}

// TestRoundTrip: what goes out and comes back says the same.
func TestRoundTrip(t *testing.T) {
	out := func(from string, types ...string) (before, after []*fhir.Resource) {
		before = stored(t, mapBody(t, clinic(), golden(t, from)).Changes)
		return before, stored(t, mapBody(t, clinic(), render(t, delivery(gateway.Created, before, types...), receiver())).Changes)
	}
	before, after := out("ref_i12_wraparound_referral", "Task", "ServiceRequest")
	same(t, before, after, "Patient", "name", "birthDate", "gender", "address", "telecom", "communication")
	same(t, before, after, "ServiceRequest", "status", "intent", "priority", "occurrencePeriod", "authoredOn", "requester", "performer", "reasonCode", "category", "orderDetail", "note", "code.text")
	same(t, before, after, "Task", "status", "intent", "priority", "authoredOn", "requester", "owner", "restriction")
	same(t, before, after, "Condition", "code", "verificationStatus")
	before, after = out("siu_s12_cft_meeting", "Appointment")
	same(t, before, after, "Appointment", "status", "start", "end", "minutesDuration", "appointmentType")
	before, after = out("oru_types", "DiagnosticReport", "Observation")
	same(t, before, after, "DiagnosticReport", "status", "code", "effectiveDateTime", "conclusion")
	same(t, before, after, "Observation", "status", "code", "valueQuantity", "interpretation", "referenceRange", "note", "effectiveDateTime")
	before, after = out("mdm_t02_crisis_plan", "DocumentReference")
	same(t, before, after, "DocumentReference", "status", "docStatus", "date", "content", "securityLabel", "author", "description")
}

// TestAnswerNamesTheReferral: RRI carries the clinic's number and the MSH-10 of
// its REF, and its way back finds our Task.
func TestAnswerNamesTheReferral(t *testing.T) {
	rs := stored(t, mapBody(t, clinic(), golden(t, "ref_i12_wraparound_referral")).Changes)
	m, err := er7.Parse(render(t, delivery(gateway.Updated, rs, "Task"), clinic()), er7.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	task := ofType(rs, "Task")
	for path, want := range map[string]string{"MSH-9.1": "RRI", "MSA-1": "AA", "MSA-2": "ALB000771", "RF1-6.1": "REF20260225-19", "RF1-11.1": task.ID, "PID-3.1": "H00421", "MSH-10": "0123456789ABCDEF0123"} {
		if got := m.Get(path).Text(); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	ref := render(t, delivery(gateway.Created, rs, "Task"), receiver())
	back := mapBody(t, receiver(), bytes.Replace(bytes.Replace(ref, []byte("REF^I12^REF_I12"), []byte("RRI^I12^RRI_I12"), 1), []byte("RF1|P^Pending"), []byte("RF1|A^Accepted"), 1))
	if c := back.Changes[0]; c.Type != "Task" || c.ID != task.ID || c.Op != gateway.Patch || c.Resource.Get("status").Text() != "accepted" {
		t.Errorf("the answer changes %+v", c)
	}
}

// TestRenderingKeepsSecrets: another clinic's numbers, the SSN and the phone of
// a family that must not be phoned stay here; labels go into MSH-8.
func TestRenderingKeepsSecrets(t *testing.T) {
	rs := stored(t, mapBody(t, clinic(), golden(t, "ref_i12_wraparound_referral")).Changes)
	for i, r := range rs {
		text := string(r.JSON)
		switch r.Type {
		case "Patient":
			text = strings.Replace(text, `"identifier":[`, `"identifier":[{"system":"http://hl7.org/fhir/sid/us-ssn","value":"123456789"},`, 1)
		case "ServiceRequest":
			text = strings.Replace(text, `"code":"AM"`, `"code":"contacting-subject-prohibited"`, 1)
		case "Task":
			text = strings.Replace(text, `"meta":{`, `"meta":{"security":[{"code":"SUD"},{"code":"R"}],`, 1)
		}
		rs[i] = &fhir.Resource{Type: r.Type, ID: r.ID, JSON: []byte(text)}
	}
	body := string(render(t, delivery(gateway.Created, rs, "Task", "ServiceRequest"), receiver()))
	for _, secret := range []string{"H00421", "123456789|", "5550142"} {
		if strings.Contains(body, secret) {
			t.Errorf("%s goes out:\n%s", secret, body)
		}
	}
	if !strings.Contains(body, "|R SUD|REF^I12") || !strings.Contains(body, "Do not contact") {
		t.Errorf("labels or the wish not to be phoned are lost:\n%s", body)
	}
}

// TestRenderTest: what leaves the world of tests is marked, and else the same.
func TestRenderTest(t *testing.T) {
	rs := stored(t, mapBody(t, clinic(), golden(t, "ref_i12_wraparound_referral")).Changes)
	d := delivery(gateway.Created, rs, "Task", "ServiceRequest")
	live := string(render(t, d, receiver()))
	test, err := hl7v2.RenderTest(d, receiver())
	if err != nil || !strings.Contains(live, "|P|2.5.1|") || string(test.Body) != strings.Replace(live, "|P|2.5.1|", "|T|2.5.1|", 1) {
		t.Errorf("%v\n%s\n%s", err, live, test.Body)
	}
}

// TestNothingToRender is said, not dropped; so is a character the set lacks.
func TestNothingToRender(t *testing.T) {
	rs := stored(t, mapBody(t, clinic(), golden(t, "adt_a04_register_minor")).Changes)
	if _, err := hl7v2.Render(delivery(gateway.Created, rs, "Patient", "Coverage"), receiver()); gateway.FaultOf(err).Code != gateway.NotSupported {
		t.Errorf("patient and coverage: %v", err)
	}
	p := receiver()
	p.HL7.Charset = "ASCII"
	doc := stored(t, mapBody(t, clinic(), bytes.Replace(golden(t, "mdm_t02_crisis_plan"), []byte("pacing"), []byte("ácido"), 1)).Changes)
	if _, err := hl7v2.Render(delivery(gateway.Created, doc, "DocumentReference"), p); gateway.FaultOf(err).Code != gateway.NotSupported {
		t.Errorf("a character that ASCII lacks: %v", err)
	}
}
