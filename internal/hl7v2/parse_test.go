package hl7v2

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

const small = "MSH|^~\\&|A|FAC^1.2^ISO|B|C|20260101||REF^I12|ID1|P|2.5.1|||AL|NE||UNICODE UTF-8\r" +
	"PID|1||1^^^X^MR~2^^^Y&1.2.3&ISO^MA||RIVERA^MARISOL|\"\"|20130514\rZXX|kept|as^is\rOBX|1|TX|A||one\\.br\\two \\T\\ \\X41\\ \\Zq\\ \\H\\bold\\N\\\rOBX|2|NM|B||7\r"

func parse(t *testing.T, text string) *Message {
	t.Helper()
	m, err := Parse([]byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestGet(t *testing.T) {
	m := parse(t, small)
	for path, want := range map[string]string{
		"MSH-1": "|", "MSH-2": "^~\\&", "MSH-3": "A", "MSH-4.2": "1.2", "MSH-9.2": "I12",
		"PID-3": "1", "PID-3[2].1": "2", "PID-3[2].4.2": "1.2.3", "PID-3[2].4": "Y", "PID-3[2].5": "MA", "PID-3[3].1": "",
		"PID-5.2": "MARISOL", "PID-6": "", "PID-99": "", "ZXX-2.2": "is",
		"OBX-5": "one\ntwo & A \\Zq\\ bold", "OBX[2]-5": "7", "OBX[3]-5": "", "NOPE-1": "", "no path": "",
	} {
		if got := m.Get(path).Text(); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	if !m.Get("PID-6").Null() || m.Get("PID-6").Empty() || m.Get("PID-6").Has() || m.Get("PID-4").Null() || !m.Get("PID-4").Empty() {
		t.Error(`"" and empty are not told apart`)
	}
	if n := len(m.Get("PID-3").Reps()); n != 2 {
		t.Errorf("%d repetitions, want 2", n)
	}
	if got := m.Get("ZXX-2").Whole(); got != "as^is" {
		t.Errorf("whole = %q", got)
	}
}

func TestHeader(t *testing.T) {
	h := parse(t, small).Header()
	if h.Kind() != "REF^I12" || h.Structure != "REF_I12" || h.Control != "ID1" || h.SendingFacility != "FAC" || h.AcceptAck != "AL" || h.Check() != nil {
		t.Errorf("header %+v: %v", h, h.Check())
	}
	h, err := Peek([]byte("\xef\xbb\xbfMSH|^~\\&|A|B|C|D|||ADT^A04|9|P|2.3||||||KLINGON\nPID|\xff\nnonsense"))
	if err != nil || h.Control != "9" || h.Structure != "ADT_A01" {
		t.Errorf("peek %+v: %v", h, err)
	}
}

func TestSetLeavesTheRest(t *testing.T) {
	m := parse(t, small)
	for path, text := range map[string]string{"PID-3[2].4.2": "9|9", "PID-8": "F", "OBX[2]-5": Null, "PID-5.3": "A"} {
		if err := m.Set(path, text); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.NewReplacer("Y&1.2.3&ISO", "Y&9\\F\\9&ISO", "RIVERA^MARISOL", "RIVERA^MARISOL^A", "20130514\r", "20130514|F\r", "B||7", "B||\"\"").Replace(small)
	if got := string(m.Encode()); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	for _, path := range []string{"MSH-2", "XXX-1", "PID", "PID-0", "PID-1.2.3.4", "PID-3[0]"} {
		if m.Set(path, "x") == nil {
			t.Errorf("%s was set", path)
		}
	}
}

func TestGroups(t *testing.T) {
	m := parse(t, "MSH|^~\\&\rPID|1\rOBR|1\rOBX|1\rNTE|1\rOBX|2\rOBR|2\rOBX|3\r")
	groups := m.Groups("OBR")
	if len(groups) != 2 || len(groups[0].Groups("OBX")) != 2 || groups[1].First("OBX").Field(1).Text() != "3" || groups[1].First("NTE") != nil {
		t.Errorf("groups %v", groups)
	}
	if got := groups[0].Until("OBX"); len(got) != 1 || len(m.All("OBX")) != 3 {
		t.Errorf("until %v", got)
	}
}

func TestBuild(t *testing.T) {
	m, _ := New("")
	m.First("MSH").Put(3, "A").Put(9, "ADT", "A04").Put(2, "no")
	m.Append("PID").Put(3, "1", "", "", "X|Y", "MR").Add(3, "2", "", "", "", "MA").Put(6, Null).Put(7)
	if got, want := string(m.Encode()), "MSH|^~\\&|A||||||ADT^A04|||||||||UNICODE UTF-8\rPID|||1^^^X\\F\\Y^MR~2^^^^MA|||\"\"|\r"; got != want {
		t.Errorf("built %q, want %q", got, want)
	}
}

func TestCharsets(t *testing.T) {
	for set, raw := range map[string]string{"8859/1": "Mu\xf1oz", "UNICODE UTF-8": "Muñoz", "": "Muñoz", "8859/15": "Mu\xf1oz", "ISO 8859-1": "Mu\xf1oz"} {
		m := parse(t, "MSH|^~\\&||||||||||||||||"+set+"\rPID|||||"+raw+"\r")
		if got := m.Get("PID-5").Text(); got != "Muñoz" {
			t.Errorf("%s: %q", set, got)
		}
		if err := m.Set("PID-6", "Peña"); err != nil || m.Get("PID-6").Text() != "Peña" {
			t.Errorf("%s: set %v", set, err)
		}
	}
	m := parse(t, "MSH|^~\\&||||||||||||||||8859/1\rPID|1\r")
	if m.Set("PID-5", "Łucja") == nil {
		t.Error("a character that 8859/1 lacks was taken")
	}
}

// TestTolerated are the untidy but readable forms seen in samples.
func TestTolerated(t *testing.T) {
	for name, text := range map[string]string{
		"LF": "MSH|^~\\&|A\nPID|1\nOBX|1|TX|||x", "CRLF": "MSH|^~\\&|A\r\nPID|1\r\nOBX|1|TX|||x\r\n", "BOM": "\xef\xbb\xbfMSH|^~\\&|A\rPID|1\rOBX|1|TX|||x\r",
		"blank lines": "\r\n\r\nMSH|^~\\&|A\r\r\nPID|1\n\n \nOBX|1|TX|||x\r\r", "doubled escape": "MSH|^~\\\\&|A\rPID|1\rOBX|1|TX|||x\r",
		"truncation": "MSH|^~\\&#|A\rPID|1\rOBX|1|TX|||x\r", "odd delimiters": "MSH$%*!@$A\rPID$1\rOBX$1$TX$$$x\r", "MLLP": "\x0bMSH|^~\\&|A\rPID|1\rOBX|1|TX|||x\r\x1c\r",
	} {
		m := parse(t, text)
		if len(m.Segments) != 3 || m.Get("OBX-5").Text() != "x" || string(m.Encode()) != text {
			t.Errorf("%s: %d segments, %q", name, len(m.Segments), m.Encode())
		}
	}
	m := parse(t, "MSH|^~\\&|A\rOBX|1|TX|||line one\nline two\rPID|1\r")
	if got := m.Get("OBX-5").Text(); got != "line one\nline two" {
		t.Errorf("a line feed in a text: %q", got)
	}
}

func TestRefused(t *testing.T) {
	long := "MSH|^~\\&|A\r" + strings.Repeat("PID|1\r", 30)
	for name, c := range map[string]struct {
		text string
		code Code
		at   string
	}{
		"empty":                   {"", SegmentSequence, "MSH"},
		"no MSH":                  {"PID|1\r", SegmentSequence, "MSH"},
		"only MSH":                {"MSH", RequiredMissing, "MSH-1"},
		"letters as delimiters":   {"MSH|abcd|\r", DataType, "MSH-2"},
		"one delimiter":           {"MSH|^|\r", DataType, "MSH-2"},
		"repeated delimiters":     {"MSH|^^\\&|\r", DataType, "MSH-2"},
		"field as component":      {"MSH|||\r", DataType, "MSH-2"},
		"a broken line":           {"MSH|^~\\&|A\nPID|1\nnonsense\n", SegmentSequence, "PID"},
		"two messages":            {"MSH|^~\\&|A\rPID|1\rMSH|^~\\&|B\r", SegmentSequence, "MSH[2]"},
		"not UTF-8":               {"MSH|^~\\&|A\rPID|1\rPID|||||\xf1\r", DataType, "PID[2]-5"},
		"unknown set":             {"MSH|^~\\&||||||||||||||||BIG-5\r", TableValue, "MSH-18"},
		"too large":               {"MSH|^~\\&|" + strings.Repeat("x", 300), ValueTooLong, "MSH"},
		"too many segments":       {long, ValueTooLong, "PID"},
		"too many fields":         {"MSH|^~\\&" + strings.Repeat("|", 100), ValueTooLong, "MSH"},
		"binary junk":             {"MSH|^~\\&|A\n\x00\x01\x02\xff\xfe", SegmentSequence, "MSH"},
		"a message in the middle": {"MSH|^~\\&|A\rPID|1\r\x0bMSH|^~\\&|B\r", SegmentSequence, "MSH[2]"},
	} {
		_, err := Parse([]byte(c.text), Limits{Bytes: 250, Segments: 20, Fields: 50})
		var e *Error
		if !errors.As(err, &e) || e.Code != c.code || e.At.Path() != c.at {
			t.Errorf("%s: %v, want %d at %s", name, err, c.code, c.at)
		}
	}
}

func TestBlankLinesAreCheap(t *testing.T) {
	b := append([]byte("MSH|^~\\&|A\rOBX|1|TX|||x"), bytes.Repeat([]byte("\n"), 1<<20)...)
	if m := parse(t, string(append(b, "y\rPID|1\r"...))); len(m.Segments) != 3 {
		t.Errorf("%d segments", len(m.Segments))
	}
}
