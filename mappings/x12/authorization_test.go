package x12

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// TestSubmission: a 278 request is a submission like one by Claim/$submit.
func TestSubmission(t *testing.T) {
	body := "ISA*00*          *00*          *ZZ*AGENCY01       *ZZ*PLANMCO        *260303*1015*^*00501*000000101*0*T*:~\nGS*HI*AGENCY01*PLANMCO*20260303*1015*101*X*005010X217~\n" +
		"ST*278*0001*005010X217~\nBHT*0007*13*REQ-1*20260303*1015~\nHL*1**20*1~\nNM1*X3*2*PLAN MCO*****PI*77001~\nHL*2*1*21*1~\nNM1*1P*2*AGENCY ONE*****XX*1234567893~\n" +
		"HL*3*2*22*1~\nNM1*IL*1*RIVERA*MARISOL****MI*MCD00812345~\nHL*4*3*EV*1~\nTRN*1*REQ-1*9AGENCY001~\nUM*HS*I*CQ*12:B**U~\nHL*5*4*SS*0~\nTRN*1*REQ-1-7*9AGENCY001~\nUM*HS*I*CQ~\n" +
		"DTP*472*RD8*20260315-20260914~\nSV1*HC:H2021:HA*3120*UN*240~\nSE*17*0001~\n"
	out, err := Request(&gateway.Message{Body: []byte(body)}, agency())
	if err != nil || out.Submission == nil || len(out.Issues) > 0 {
		t.Fatalf("%v %+v", err, out)
	}
	s := out.Submission
	if s.Trace.Value != "REQ-1" || s.Update || !s.Urgent || len(s.Items) != 1 || s.Member.Value != "MCD00812345" || s.Insurer[0].Value != "77001" || s.Provider[0].Value != "1234567893" {
		t.Errorf("%+v", s)
	}
	if i := s.Items[0]; i.Sequence != 1 || i.Asked.Code.Code != "H2021" || i.Asked.Units != "240" || i.Asked.Unit != "" || i.Asked.Start != "2026-03-15" || i.Trace.Value != "REQ-1-7" {
		t.Errorf("%+v", i)
	}
	if out.Changes[0].FullURL != s.Claim {
		t.Errorf("the submission names %s, the Claim is %s", s.Claim, out.Changes[0].FullURL)
	}
	cancel := strings.NewReplacer("UM*HS*I*CQ*12:B**U~\n", "UM*HS*3*CQ*12:B~\nREF*BB*AUTH1~\n", "SE*17", "SE*13").Replace(body)
	cancel = cancel[:strings.Index(cancel, "HL*5")] + cancel[strings.Index(cancel, "SE*"):]
	out, err = Request(&gateway.Message{Body: []byte(cancel)}, agency())
	if err != nil || out.Submission == nil || !out.Submission.CancelAll || out.Submission.Prior == nil || out.Submission.Prior.Trace.Value != "AUTH1" {
		t.Fatalf("%v %+v %v", err, out.Submission, out.Issues)
	}
}
