package main

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store/storetest"
)

// TestReferralAskedFor: a clinic refers by REF^I12 and changes it by REF^I13; the
// receiver is asked by REF^I15 and answers on the connection, which moves the Task,
// and the clinic gets an RRI^I13: the event of the message that it answers.
func TestReferralAskedFor(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		l := newLoop(t, url)
		l.birch.answer = func(message string) string {
			if !strings.Contains(message, "REF^I15") {
				return ""
			}
			return "MSH|^~\\&|BIRCH|BIRCH|GATEWAY|TL|20260302120000-0500||RRI^I15^RRI_I12|B15|P|2.5.1\rMSA|AA|" + field(message, "MSH", 9) +
				"\rRF1|A^Accepted^HL70283|||||" + field(message, "RF1", 6) + "\rPRD|RT|||||||1999900024^NPI\rPID|1||78^^^BIRCH^MR\r"
		}
		l.clinic.start()
		l.birch.start()
		defer l.start()()
		if reply := l.send(referralTo("1999900024", "D5")); !strings.Contains(reply, "MSA|AA|D5") {
			t.Fatalf("answered %q", reply)
		}
		number, _, _ := strings.Cut(field(l.birch.next(), "RF1", 6), "^")
		changed := strings.NewReplacer("REF^I12", "REF^I13", "REF-D6", "REF-D5", "R^Routine", "A^ASAP").Replace(referralTo("1999900024", "D6"))
		if reply := l.send(changed); !strings.Contains(reply, "MSA|AA|D6") {
			t.Fatalf("answered %q", reply)
		}
		if ref := l.birch.next(); !strings.Contains(ref, "REF^I13") || !strings.Contains(ref, number+"^THROUGHLINE") {
			t.Fatalf("the agency got %q", ref)
		}
		out, err := l.app.askStatus(t.Context(), "birch", "Task/"+number)
		if err != nil || out.Answer != "RRI^I15" || out.Status != "accepted" || out.Message == "" {
			t.Fatalf("%+v %v", out, err)
		}
		if asked := l.birch.next(); !strings.Contains(asked, "REF^I15^REF_I12") || field(asked, "RF1", 6) != number+"^THROUGHLINE" || strings.Contains(asked, "QWFPLOOP") {
			t.Errorf("asked %q", asked) // the child is not named before it has accepted
		}
		rri := l.clinic.next()
		for _, want := range []string{"RRI^I13^RRI_I12", "MSA|AA|D6", "RF1|A^", "REF-D5"} {
			if !strings.Contains(rri, want) {
				t.Errorf("the clinic's answer has no %q: %q", want, rri)
			}
		}
		if _, err := l.app.askStatus(t.Context(), "birch", "Task/absent"); gateway.FaultOf(err).Code != gateway.NotFound {
			t.Errorf("a referral that is not there: %v", err)
		}
		if _, err := l.app.askStatus(t.Context(), "ehr", "Task/"+number); err == nil || !strings.Contains(err.Error(), "HL7 v2") {
			t.Errorf("a receiver without HL7 v2: %v", err)
		}
	})
}
