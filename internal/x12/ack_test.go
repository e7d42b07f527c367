package x12

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var envelope = Envelope{From: Party{ID: "PLANMCO"}, To: Party{ID: "AGENCY01"}, At: time.Date(2026, 3, 3, 10, 16, 0, 0, time.UTC), Control: 5002, GroupControl: 5002}

// answered is our answer to a file of one interchange, as it is read again.
func answered(t *testing.T, file string, settle func(*Report, []Unit)) (string, *Ack) {
	t.Helper()
	r := checked(t, file)
	us := unitsOf(t, file, r)
	if settle != nil {
		settle(r, us)
	} else {
		for _, u := range us {
			u.Settle(nil, false)
		}
	}
	answer := string(envelope.Answer(r.Interchanges[0]))
	if answer == "" {
		return "", nil
	}
	again := checked(t, answer)
	if again.Broken != "" || again.Interchanges[0].Refused() || len(again.Interchanges[0].Groups) > 0 && again.Interchanges[0].Groups[0].Sets[0].Broken() {
		t.Fatalf("our own answer is not well formed: %+v\n%s", again.Interchanges[0], answer)
	}
	us = unitsOf(t, answer, again)
	if len(us) == 0 {
		return answer, nil
	}
	tr, issues := Parse(us[0].Text)
	if issues != nil {
		t.Fatal(issues)
	}
	a, issues := tr.Ack999()
	if issues != nil {
		t.Fatal(issues)
	}
	return answer, a
}

func TestAnswer(t *testing.T) {
	text, a := answered(t, one, nil)
	if a.Code != "A" || a.Accepted != 2 || strings.Contains(text, "TA1") {
		t.Errorf("all good: %+v\n%s", a, text)
	}
	text, a = answered(t, strings.Replace(one, "^*00501*000000101*0*", "^*00501*000000101*1*", 1), nil)
	if a.Code != "A" || !strings.Contains(text, "TA1*000000101*260303*1015*A*000~") {
		t.Errorf("a TA1 was asked for:\n%s", text)
	}
	text, a = answered(t, strings.Replace(one, "UM*HS*I*CQ*12:B", "UM*XX*I*CQ*12:B", 1), nil)
	want := "AK2*278*0001*005010X217~\nIK3*UM*12*2000E*8~\nIK4*1*1525*7*XX~\nIK5*R*5~\nAK2*278*0002*005010X217~\nIK5*A~\nAK9*P*2*2*1~\n"
	if a.Code != "P" || a.Sets[0].Accepted() || !a.Sets[1].Accepted() || !strings.Contains(text, want) {
		t.Errorf("one bad:\n%s", text)
	}
	text, a = answered(t, strings.Replace(one, "IEA*1*000000101", "IEA*1*000000999", 1), nil)
	if a != nil || !strings.Contains(text, "TA1*000000101*260303*1015*R*001~\nIEA*0*") {
		t.Errorf("a refused interchange:\n%s", text)
	}
	text, a = answered(t, strings.Replace(one, "GE*2*101", "GE*3*101", 1), nil)
	if a.Code != "R" || a.Accepted != 0 || !strings.Contains(text, "AK9*R*2*2*0*5~") {
		t.Errorf("a refused group:\n%s", text)
	}
	text, a = answered(t, strings.Replace(one, "SE*20*0001", "SE*7*0001", 1), nil)
	if a.Code != "P" || !strings.Contains(text, "AK2*278*0001*005010X217~\nIK5*R*4~\n") {
		t.Errorf("a wrong count:\n%s", text)
	}
	text, _ = answered(t, text, nil)
	if text != "" {
		t.Errorf("an acknowledgement was acknowledged:\n%s", text)
	}
}

// TestSettle: what became of a claim is said with its place in the file.
func TestSettle(t *testing.T) {
	file := claims(4)
	text, a := answered(t, file, func(r *Report, us []Unit) {
		if len(us) != 4 || r.Interchanges[0].Groups[0].Sets[0].Broken() {
			t.Fatalf("%d units, %v", len(us), r.Interchanges[0].Groups[0].Sets[0].Issues)
		}
		for n, u := range us {
			tr, issues := Parse(u.Text)
			if issues != nil {
				t.Fatal(issues)
			}
			if n == 2 {
				u.Settle(Issues{{Place: First(tr.Body(), "SV1").Place(1, 2), Code: ElementCode}}, true)
			} else {
				u.Settle(nil, false)
			}
		}
	})
	at := 0
	for n, line := range strings.Split(file, "\n") {
		if strings.HasPrefix(line, "CLM*C-3*") {
			at = n - 2 + 3 + 1 // two lines before ST, three from CLM to SV1, counted from 1
		}
	}
	if want := "IK3*SV1*" + strconv.Itoa(at) + "**8~\nIK4*1:2*234*7~\nIK5*E*5~\nAK9*E*1*1*1~"; !strings.Contains(text, want) {
		t.Errorf("want %s in\n%s", want, text)
	}
	if a.Code != "E" {
		t.Error(a.Code)
	}
	_, a = answered(t, file, func(_ *Report, us []Unit) {
		for _, u := range us {
			u.Settle(nil, true)
		}
	})
	if a.Code != "R" {
		t.Errorf("all refused: %+v", a)
	}
}

// TestRead999: the acknowledgements of others.
func TestRead999(t *testing.T) {
	r := strings.ReplaceAll("ISA*00*          *00*          *ZZ*RIVERBEND      *ZZ*HOPEWELL01     *260303*1015*^*00501*000005003*0*T*:~GS*FA*RIVERBEND*HOPEWELL01*20260303*1015*5003*X*005010X231A1~ST*999*0001*005010X231A1~"+
		"AK1*HC*202*005010X222A1~AK2*837*0001*005010X222A1~IK5*A~AK2*837*0002*005010X222A1~IK3*SV1*33*2400*8~IK4*1:2*234*7*H202X~IK5*R*5~AK9*P*2*2*1~SE*10*0001~GE*1*5003~IEA*1*000005003~", "~", "~\n")
	tr, issues := Parse([]byte(r))
	if issues != nil {
		t.Fatal(issues)
	}
	a, issues := tr.Ack999()
	want := &Ack{Functional: "HC", Control: "202", Version: "005010X222A1", Code: "P", Included: 2, Received: 2, Accepted: 1, Sets: []SetAck{
		{ID: "837", Control: "0001", Version: "005010X222A1", Code: "A"},
		{ID: "837", Control: "0002", Version: "005010X222A1", Code: "R", Codes: []string{"5"}, Issues: Issues{{Place: Place{Segment: "SV1", Position: 33, Loop: "2400", Element: 1, Component: 2}, Code: "7", Bad: "H202X"}}},
	}}
	if diff := cmp.Diff(want, a); diff != "" || issues != nil {
		t.Errorf("%s %v", diff, issues)
	}
	ta1 := checked(t, string(envelope.WrapTA1(TA1{Control: "000000101", Date: "260303", Time: "1015", Ack: "R", Note: "025"}))).Interchanges[0]
	if ta1.Refused() || len(ta1.TA1s) != 1 || ta1.TA1s[0].Accepted() || ta1.TA1s[0].Note != NoteDuplicate {
		t.Errorf("%+v", ta1)
	}
}
