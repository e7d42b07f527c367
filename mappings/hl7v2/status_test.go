package hl7v2_test

import (
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/hl7v2"
)

// TestStatus: the reply to a question names the referral as who asks knows it, in
// the question's own delimiters.
func TestStatus(t *testing.T) {
	rs := stored(t, mapBody(t, clinic(), golden(t, "ref_i12_wraparound_referral")).Changes)
	task := ofType(rs, "Task").ID
	for _, c := range []struct {
		asks *gateway.Partner
		want string
	}{
		{clinic(), "$REF20260225-19$"},
		{receiver(), "$" + task + "!THROUGHLINE$"},
	} {
		h, err := er7.Peek([]byte("MSH$!~\\&$EHR$HOPE$GW$TL$20260401$$REF!I15!REF_I12$Q1$P$2.5.1\r"))
		if err != nil {
			t.Fatal(err)
		}
		reply := h.Answer(er7.Ack{Code: "AA", Control: "R1", Time: time.Unix(0, 0).UTC()})
		hl7v2.Status(reply, delivery(gateway.Updated, rs, "Task"), c.asks)
		got := string(reply.Encode())
		for _, want := range []string{"$RRI!I15!RRI_I12$R1$", "\rMSA$AA$Q1\r", "\rRF1$P!Pending!HL70283$", c.want, task + "!THROUGHLINE", "\rPRD$RP!", "\rPID$1$"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in %q", want, got)
			}
		}
	}
}

// TestAsked reads whose number a question has, and refuses one without.
func TestAsked(t *testing.T) {
	for rf1, want := range map[string]string{"REF-1^DOGWOOD": "REF-1 false", "abc^THROUGHLINE": "abc true", " REF-1 ": "REF-1 false", "": "invalid false"} {
		number, ours, err := hl7v2.Asked([]byte("MSH|^~\\&|A|B|C|D|2026||REF^I15|1|P|2.5.1\rRF1||||||"+rf1+"\r"), clinic())
		if err != nil {
			number = string(gateway.FaultOf(err).Code)
		}
		if got := strings.Join([]string{number, map[bool]string{true: "true", false: "false"}[ours]}, " "); got != want {
			t.Errorf("%q: %s, want %s", rf1, got, want)
		}
	}
	out, err := hl7v2.Map(&gateway.Message{Channel: "files", Kind: hl7v2.Question, Body: []byte("MSH|^~\\&|A|B|C|D|2026||REF^I15|1|P|2.5.1\rRF1||||||R1\r")}, clinic())
	if err != nil || !out.Issues.Errors() {
		t.Errorf("a question in a file: %v %v", out, err)
	}
}
