package files

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
)

// interchange is a request file of the clinic: each transaction asks for units
// of one child; one whose member is empty cannot be read.
func interchange(control int, usage string, members ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ISA*00*          *00*          *ZZ*CLINIC         *ZZ*GATEWAY        *260303*1015*^*00501*%09d*1*%s*:~\n", control, usage)
	b.WriteString("GS*HI*CLINIC*GATEWAY*20260303*1015*101*X*005010X217~\n")
	for i, member := range members {
		segments := []string{fmt.Sprintf("ST*278*%04d*005010X217", i+1), "BHT*0007*13*REQ-" + member + "*20260303*1015",
			"HL*1**20*1", "NM1*X3*2*PLAN MCO*****PI*77001", "HL*2*1*21*1", "NM1*1P*2*AGENCY ONE*****XX*1234567893",
			"HL*3*2*22*1", "NM1*IL*1*RIVERA*MARISOL****MI*" + member, "DMG*D8*20130514*F",
			"HL*4*3*EV*1", "TRN*1*REQ-" + member + "*9AGENCY001", "UM*HS*I*CQ*12:B", "DTP*AAH*RD8*20260315-20260914", "HI*ABK:F913",
			"HL*5*4*SS*0", "TRN*1*REQ-" + member + "-1*9AGENCY001", "UM*HS*I*CQ", "DTP*472*RD8*20260315-20260914", "SV1*HC:H2021:HA*3120*UN*240"}
		if member == "" {
			segments = append(segments[:9], segments[12:]...) // no UM in 2000E
		}
		for _, s := range segments {
			b.WriteString(s + "~\n")
		}
		fmt.Fprintf(&b, "SE*%d*%04d~\n", len(segments)+1, i+1)
	}
	fmt.Fprintf(&b, "GE*%d*101~\nIEA*1*%09d~\n", len(members), control)
	return b.String()
}

// TestInterchange: the bad transaction comes back with its reason, its
// neighbours go in, and TA1 and 999 say so.
func TestInterchange(t *testing.T) {
	w := newWorld(t)
	p := w.pickup("one", "rename")
	w.drop("requests.x12", interchange(7, "P", "M1", "", "M3"))
	w.once(p)
	f := w.file()
	if f.State != intake.Done || f.Counts.Accepted != 2 || f.Counts.Rejected == 0 || w.messages() != 2 {
		t.Fatalf("%+v, %d messages", f, w.messages())
	}
	if ta1 := w.answer("ta1"); !strings.Contains(ta1, "TA1*000000007*260303*1015*A*000") || !strings.Contains(ta1, "*ZZ*GATEWAY        *ZZ*CLINIC ") {
		t.Errorf("TA1:\n%s", ta1)
	}
	ack := w.answer("999")
	for _, want := range []string{"AK1*HI*101*005010X217", "AK2*278*0001*005010X217~\nIK5*A~", "AK2*278*0002", "IK5*R", "AK2*278*0003*005010X217~\nIK5*A~", "AK9*P*3*3*2"} {
		if !strings.Contains(ack, want) {
			t.Errorf("no %q in the 999:\n%s", want, ack)
		}
	}
	w.drop("again.x12", interchange(7, "P", "M1", "", "M3"))
	w.once(p)
	if w.messages() != 2 {
		t.Errorf("the same interchange again made %d messages", w.messages())
	}
}

// TestControlNumberOfOtherContent: TA1 025 R, quarantine, nothing of it is in.
func TestControlNumberOfOtherContent(t *testing.T) {
	w := newWorld(t)
	p := w.pickup("one", "rename")
	w.drop("a.x12", interchange(7, "P", "M1"))
	w.once(p)
	w.drop("b.x12", interchange(7, "P", "M2"))
	w.once(p)
	if w.messages() != 1 {
		t.Fatalf("%d messages", w.messages())
	}
	list, _ := w.store.FilesOf(context.Background(), "clinic-a", 10)
	refused := 0
	for _, f := range list {
		if f.State == intake.Quarantined && strings.Contains(f.Cause, "control number") {
			refused++
			acks, err := w.store.Acks(context.Background(), f.ID)
			if err != nil || len(acks) != 1 || !strings.Contains(string(acks[0].Body), "TA1*000000007*260303*1015*R*025") {
				t.Errorf("%s %v", acks, err)
			}
		}
	}
	if refused != 1 {
		t.Errorf("%d quarantined of %+v", refused, list)
	}
}

// TestInterchangeOfAnother: what is not from this partner to us is refused.
func TestInterchangeOfAnother(t *testing.T) {
	for note, from := range map[string]string{"006": "*ZZ*STRANGER       *ZZ*GATEWAY        ", "008": "*ZZ*CLINIC         *ZZ*SOMEBODY       "} {
		w := newWorld(t)
		w.drop("a.x12", strings.Replace(interchange(9, "P", "M1"), "*ZZ*CLINIC         *ZZ*GATEWAY        ", from, 1))
		w.once(w.pickup("one", "rename"))
		if ta1 := w.answer("ta1"); w.messages() != 0 || !strings.Contains(ta1, "*R*"+note) {
			t.Errorf("%s: %d messages\n%s", note, w.messages(), ta1)
		}
	}
}

// TestTestTrafficIsMarked: ISA15 = T reaches the receiver as a test.
func TestTestTrafficIsMarked(t *testing.T) {
	w := newWorld(t)
	marked := 0
	w.before = func(m *gateway.Message) error {
		if m.Test {
			marked++
		}
		return nil
	}
	w.drop("a.x12", interchange(11, "T", "M1"))
	w.once(w.pickup("one", "rename"))
	if marked != 1 || w.messages() != 0 { // the live gateway refuses it
		t.Errorf("%d marked, %d messages in live data", marked, w.messages())
	}
}

// inquiry is a file with one 270 about two members.
const inquiry = "ISA*00*          *00*          *ZZ*CLINIC         *ZZ*GATEWAY        *260303*1015*^*00501*000000021*0*P*:~\nGS*HS*CLINIC*GATEWAY*20260303*1015*21*X*005010X279A1~\n" +
	"ST*270*0001*005010X279A1~\nBHT*0022*13*ELG-1*20260303*0800~\nHL*1**20*1~\nNM1*PR*2*PLAN MCO*****PI*77001~\nHL*2*1*21*1~\nNM1*1P*2*AGENCY ONE*****XX*1234567893~\n" +
	"HL*3*2*22*0~\nTRN*1*ELG-1-1*9AGENCY001~\nNM1*IL*1*RIVERA*MARISOL****MI*M1~\nDMG*D8*20130514*F~\nEQ*30~\n" +
	"HL*4*2*22*0~\nTRN*1*ELG-1-2*9AGENCY001~\nNM1*IL*1*DOE*SAM****MI*M9~\nEQ*30~\nSE*16*0001~\nGE*1*21~\nIEA*1*000000021~\n"

// TestInquiryIsAnswered: a 270 gets its 999 and the 271 of what the ledger knows;
// an unknown member is AAA 75.
func TestInquiryIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.drop("ask.x12", inquiry)
	w.once(w.pickup("one", "rename"))
	if ack := w.answer("999"); !strings.Contains(ack, "AK2*270*0001*005010X279A1~\nIK5*A~") {
		t.Errorf("999:\n%s", ack)
	}
	got := w.answer("271")
	for _, want := range []string{"*ZZ*GATEWAY        *ZZ*CLINIC ", "GS*HB*GATEWAY*CLINIC*", "TRN*2*ELG-1-1*9AGENCY001", "EB*1**30*OT*wraparound~\nDTP*348*D8*20260101~\nDTP*349*D8*20991231~", "TRN*2*ELG-1-2*9AGENCY001", "AAA*N**75*C~"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in the 271:\n%s", want, got)
		}
	}
}

// TestCrashInAnInterchange: the 999 says the same as without a crash.
func TestCrashInAnInterchange(t *testing.T) {
	whole := newWorld(t)
	content := interchange(5, "P", "M1", "", "M3", "M4")
	whole.drop("a.x12", content)
	whole.once(whole.pickup("one", "rename"))
	want := whole.answer("999")
	for at := range 3 {
		w := newWorld(t)
		n := 0
		w.before = func(*gateway.Message) error {
			if n++; n == at+1 {
				return &gateway.Fault{Op: "test", Code: gateway.Busy}
			}
			return nil
		}
		w.drop("a.x12", content)
		_ = w.pickup("dies", "rename").Once(context.Background())
		w.before = nil
		w.now = w.now.Add(2 * time.Minute)
		w.once(w.pickup("lives", "rename"))
		if got := w.answer("999"); tail(got) != tail(want) || w.messages() != 3 {
			t.Errorf("stop at %d: %d messages\n%s\nwant\n%s", at, w.messages(), got, want)
		}
	}
}

// tail is an interchange without its ISA and GS, which hold the time.
func tail(x string) string {
	_, after, _ := strings.Cut(x, "ST*")
	return after
}

// TestBatchOfHL7: a batch whose counts are wrong is quarantined as a whole; in
// a right one each message stands alone.
func TestBatchOfHL7(t *testing.T) {
	w := newWorld(t)
	message := "MSH|^~\\&|EHR|CLINIC|GW|GW|20260303101500||ZZZ^Z01|%d|P|2.5.1\rPID|1||M1^^^MA\r"
	batch := "FHS|^~\\&|EHR\rBHS|^~\\&|EHR\r" + fmt.Sprintf(message, 1) + fmt.Sprintf(message, 2) + "MSH|^~\\&|EHR|CLINIC|GW|GW|20260303101500||ZZZ^Z01||P|2.5.1\r"
	w.drop("right.hl7", batch+"BTS|3\rFTS|1\r")
	w.drop("wrong.hl7", batch+"BTS|4\rFTS|1\r")
	w.once(w.pickup("one", "rename"))
	list, err := w.store.FilesOf(context.Background(), "clinic-a", 10)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	for _, f := range list {
		switch {
		case f.Name == "right.hl7" && (f.State != intake.Done || f.Counts.Units != 3 || f.Counts.Held != 2 || f.Counts.Rejected != 1):
			t.Errorf("%+v", f)
		case f.Name == "wrong.hl7" && (f.State != intake.Quarantined || !strings.Contains(f.Cause, "3 counted")):
			t.Errorf("%+v", f)
		}
	}
}
