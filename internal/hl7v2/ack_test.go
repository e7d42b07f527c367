package hl7v2

import (
	"strings"
	"testing"
	"time"
)

func TestAckCodes(t *testing.T) {
	for _, c := range []struct {
		accept, app string
		o           Outcome
		want        string
	}{
		{"", "", Taken, "AA"}, {"", "", Faulty, "AE"}, {"", "", Refused, "AR"},
		{"AL", "NE", Taken, "CA"}, {"AL", "", Refused, "CR"}, {"ER", "NE", Taken, ""}, {"ER", "AL", Faulty, "CE"},
		{"SU", "NE", Faulty, ""}, {"NE", "AL", Taken, "AA"}, {"", "AL", Faulty, "AE"}, {"NE", "NE", Faulty, ""}, {"ER", "AL", Taken, "AA"},
		{"AL", "AL", Taken, "CA AA"}, {"AL", "SU", Taken, "CA AA"}, {"AL", "ER", Taken, "CA"}, {"AL", "AL", Faulty, "CE"}, {"SU", "AL", Refused, "AR"},
	} {
		if got := strings.Join(Header{AcceptAck: c.accept, AppAck: c.app}.AckCodes(c.o), " "); got != c.want {
			t.Errorf("%s|%s %c: %q, want %q", c.accept, c.app, c.o, got, c.want)
		}
	}
}

// A header that is cut off inside MSH-2 is answered with delimiters of our own.
func TestAnswerDeclaresItsDelimiters(t *testing.T) {
	for from, want := range map[string]string{"MSH|^~": `MSH|^~\&|`, "MSH|^~|A|B": `MSH|^~\&|`, `MSH|\&`: `MSH|\&%#|`, "MSH$%*!": `MSH$%*!&$`, "MSH&^~\\": `MSH&^~\%&`} {
		h, err := Peek([]byte(from))
		if err != nil {
			t.Fatal(err)
		}
		got := string(h.Answer(Ack{Code: "AE", Control: "R1", Issues: []*Error{{Code: RequiredMissing, At: Location{Segment: "MSH", Sequence: 1, Field: 9}, Fix: "a & b"}}}).Encode())
		if !strings.HasPrefix(got, want) || strings.Contains(got, "\x00") {
			t.Errorf("%s: %q, want %q", from, got, want)
		}
		if m, err := Parse([]byte(got), Limits{}); err != nil || m.Get("ERR-8").Text() != "a & b" {
			t.Errorf("%s: %v %q", from, err, got)
		}
	}
}

func TestAnswer(t *testing.T) {
	at := time.Date(2026, 2, 25, 14, 30, 16, 0, time.FixedZone("", -5*3600))
	missing := &Error{Code: RequiredMissing, At: Location{Segment: "PID", Sequence: 1, Field: 3}, Fix: "send an identifier"}
	event := &Error{Code: UnsupportedEvent, At: Location{Segment: "MSH", Sequence: 1, Field: 9, Repetition: 1, Component: 2}}
	now := parse(t, small).Header().Answer(Ack{Code: "CE", Control: "R1", Time: at, Issues: []*Error{missing, event}})
	want := "MSH|^~\\&|B|C|A|FAC^1.2^ISO|20260225143016-0500||ACK^I12^ACK|R1|P|2.5.1||||||UNICODE UTF-8\rMSA|CE|ID1|Required field missing\r" +
		"ERR||PID^1^3|101^Required field missing^HL70357|E||||send an identifier\rERR||MSH^1^9^1^2|201^Unsupported event code^HL70357|E||||\r"
	if got := string(now.Encode()); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	old := parse(t, "MSH$%*!@$A$B$C$D$$$ADT%A04$7$T$2.3\r").Header().Answer(Ack{Code: "AE", Control: "R2", Time: at, Issues: []*Error{missing}})
	want = "MSH$%*!@$C$D$A$B$20260225143016-0500$$ACK%A04%ACK$R2$T$2.3\rMSA$AE$7$Required field missing\rERR$PID%1%3%101@Required field missing@HL70357\r"
	if got := string(old.Encode()); got != want {
		t.Errorf("before v2.5: got\n%q, want\n%q", got, want)
	}
	none := Header{}.Answer(Ack{Code: "AR", Control: "R3", Time: at})
	if got := string(none.Encode()); got != "MSH|^~\\&|||||20260225143016-0500||ACK^^ACK|R3|P|2.5.1\rMSA|AR|\r" {
		t.Errorf("without a header: %q", got)
	}
}
