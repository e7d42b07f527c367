package x12

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// one is a small interchange with two transactions of one group.
const one = "ISA*00*          *00*          *ZZ*AGENCY01       *ZZ*PLANMCO        *260303*1015*^*00501*000000101*0*T*:~\n" +
	"GS*HI*AGENCY01*PLANMCO*20260303*1015*101*X*005010X217~\n" +
	request1 + request2 +
	"GE*2*101~\nIEA*1*000000101~\n"

const (
	request1 = "ST*278*0001*005010X217~\nBHT*0007*13*REQ-1*20260303*1015~\nHL*1**20*1~\nNM1*X3*2*PLAN MCO*****PI*77001~\nHL*2*1*21*1~\nNM1*1P*2*AGENCY ONE*****XX*1234567893~\n" +
		"HL*3*2*22*1~\nNM1*IL*1*RIVERA*MARISOL****MI*MCD00812345~\nDMG*D8*20130514*F~\nHL*4*3*EV*1~\nTRN*1*REQ-1*9AGENCY001~\nUM*HS*I*CQ*12:B~\nDTP*AAH*RD8*20260315-20260914~\nHI*ABK:F913~\n" +
		"HL*5*4*SS*0~\nTRN*1*REQ-1-1*9AGENCY001~\nUM*HS*I*CQ~\nDTP*472*RD8*20260315-20260914~\nSV1*HC:H2021:HA*3120*UN*240~\nSE*20*0001~\n"
	request2 = "ST*278*0002*005010X217~\nBHT*0007*13*REQ-2*20260303*1015~\nHL*1**20*1~\nNM1*X3*2*PLAN MCO*****PI*77001~\nHL*2*1*21*1~\nNM1*1P*2*AGENCY ONE*****XX*1234567893~\n" +
		"HL*3*2*22*1~\nNM1*IL*1*OKAFOR*DANIEL****MI*MCD00700111~\nHL*4*3*EV*0~\nTRN*1*REQ-2*9AGENCY001~\nUM*HS*3*CQ*12:B~\nREF*BB*AUTH1~\nSE*13*0002~\n"
)

func checked(t testing.TB, file string) *Report {
	t.Helper()
	r, err := Check(strings.NewReader(file), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// units are the texts of all units of a file.
func unitsOf(t testing.TB, file string, r *Report) []Unit {
	t.Helper()
	var out []Unit
	for u, err := range Units(strings.NewReader(file), Limits{}, r) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, u)
	}
	return out
}

func TestCheckGood(t *testing.T) {
	r := checked(t, one)
	if r.Broken != "" || len(r.Interchanges) != 1 || r.Interchanges[0].Note != NoteOK {
		t.Fatalf("%+v", r)
	}
	for _, s := range r.Interchanges[0].Groups[0].Sets {
		if s.Broken() {
			t.Errorf("%s: %v %v", s.Control, s.Codes, s.Issues)
		}
	}
	us := unitsOf(t, one, r)
	if len(us) != 2 || !bytes.HasSuffix(us[0].Text, []byte(request1)) || !bytes.HasSuffix(us[1].Text, []byte(request2)) {
		t.Fatalf("%d units", len(us))
	}
	if us[0].Key() != "ZZ/AGENCY01/ZZ/PLANMCO/000000101/101/0001" {
		t.Error(us[0].Key())
	}
	tr, issues := Parse(us[0].Text)
	if issues != nil || !bytes.Equal(tr.Text(), us[0].Text) {
		t.Fatal(issues)
	}
	loops, issues := tr.Loops()
	if issues != nil || len(loops) != 1 || loops[0].Children[0].Children[0].Children[0].Children[0].First("SV1").Comp(1, 2) != "H2021" {
		t.Fatalf("%v %v", loops, issues)
	}
}

// TestBad: what is wrong is named, where it is, and the neighbour goes in.
func TestBad(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		note     string // TA1
		group    string // first of AK905
		first    string // first of IK502 of transaction 1
		place    string // of its first issue
		code     string
		good     int // units that come out
	}{
		"count":           {"SE*20*0001", "SE*21*0001", "000", "", SetCount, "", "", 1},
		"control":         {"SE*20*0001", "SE*20*0009", "000", "", SetControl, "", "", 1},
		"no SE":           {"SE*20*0001~\n", "", "000", "", SetTrailer, "", "", 1},
		"twice":           {"ST*278*0002", "ST*278*0001", "000", "", "", "", "", 1},
		"group count":     {"GE*2*101", "GE*3*101", "000", GroupCount, "", "", "", 0},
		"group control":   {"GE*2*101", "GE*2*102", "000", GroupControl, "", "", "", 0},
		"IEA control":     {"IEA*1*000000101", "IEA*1*000000102", NoteControl, "", "", "", "", 0},
		"IEA count":       {"IEA*1*", "IEA*2*", NoteGroups, "", "", "", "", 0},
		"no IEA":          {"IEA*1*000000101~\n", "", NoteEnd, "", "", "", "", 0},
		"version":         {"101*X*005010X217", "101*X*004010X094", "000", GroupVersion, "", "", "", 0},
		"unknown group":   {"GS*HI", "GS*ZZ", "000", GroupUnknown, "", "", "", 0},
		"element missing": {"UM*HS*I*CQ*12:B", "UM**I*CQ*12:B", "000", "", "", "segment 12 UM in 2000E, element 1", ElementMissing, 1},
		"code":            {"UM*HS*I*CQ*12:B", "UM*XX*I*CQ*12:B", "000", "", "", "segment 12 UM in 2000E, element 1", ElementCode, 1},
		"date":            {"20130514", "20131340", "000", "", "", "segment 9 DMG in 2000C, element 2", ElementDate, 1},
		"period":          {"AAH*RD8*20260315-20260914", "AAH*RD8*20260915-20260314", "000", "", "", "segment 13 DTP in 2000E, element 3", ElementDate, 1},
		"number":          {"3120*UN*240", "3120*UN*24O", "000", "", "", "segment 19 SV1 in 2000F, element 4", ElementCharacter, 1},
		"long":            {"12:B~\nDTP", "123:B~\nDTP", "000", "", "", "segment 12 UM in 2000E, element 4, component 1", ElementLong, 1},
		"segment":         {"HI*ABK:F913", "ZX*ABK:F913", "000", "", "", "segment 14 ZX in 2000E", SegmentUnknown, 1},
		"not of this set": {"HI*ABK:F913", "CLM*X*1", "000", "", "", "segment 14 CLM in 2000E", SegmentNotInSet, 1},
		"no member":       {"NM1*IL*1*RIVERA", "NM1*QC*1*RIVERA", "000", "", "", "segment 10 NM1 in 2000C", SegmentMissing, 1},
		"HL number":       {"HL*4*3*EV*1~\nTRN*1*REQ-1", "HL*5*3*EV*1~\nTRN*1*REQ-1", "000", "", "", "segment 10 HL in 2000E, element 2", ElementCode, 1},
		"HL level":        {"HL*5*4*SS*0", "HL*5*4*QQ*0", "000", "", "", "segment 15 HL in 2000E, element 3", ElementCode, 1},
		"too many":        {"HL*5*4*SS*0", "HL*5*4*SS*0*1", "000", "", "", "segment 15 HL in 2000F, element 5", ElementTooMany, 1},
		"control sign":    {"PLAN MCO*****PI*77001~\nHL*2*1*21*1~\nNM1*1P*2*AGENCY ONE*****XX*1234567893~\nHL*3*2*22*1~\nNM1*IL*1*RIVERA", "PLAN\x01MCO*****PI*77001~\nHL*2*1*21*1~\nNM1*1P*2*AGENCY ONE*****XX*1234567893~\nHL*3*2*22*1~\nNM1*IL*1*RIVERA", "000", "", "", "segment 4 NM1 in 2000A, element 3", ElementCharacter, 1},
		"test indicator":  {"0*T*:~", "0*Q*:~", NoteTest, "", "", "", "", 0},
		"ISA control":     {"000000101*0*T", "00000010A*0*T", NoteNumber, "", "", "", "", 0},
		"ISA version":     {"^*00501*", "^*00700*", NoteVersion, "", "", "", "", 0},
		"stray segment":   {"GE*2*101~\n", "GE*2*101~\nNM1*X~\n", NoteStructure, "", "", "", "", 0},
		"10 MB field":     {"HI*ABK:F913", "HI*ABK:" + strings.Repeat("F", 10<<20), "000", "", "", "segment 14 HI in 2000E", SegmentElements, 1},
		"20 KB field":     {"HI*ABK:F913", "HI*ABK:" + strings.Repeat("F", 20<<10), "000", "", "", "segment 14 HI in 2000E, element 1", ElementLong, 1},
	} {
		t.Run(name, func(t *testing.T) {
			file := strings.Replace(one, c.old, c.new, 1)
			if file == one {
				t.Fatal("nothing was changed")
			}
			r := checked(t, file)
			in := r.Interchanges[0]
			if in.Note != c.note {
				t.Errorf("note %s, want %s", in.Note, c.note)
			}
			if g := in.Groups[0]; c.group != strings.Join(g.Codes, " ") {
				t.Errorf("group %v, want %s", g.Codes, c.group)
			}
			s := in.Groups[0].Sets[0]
			if got := strings.Join(s.Codes, " "); got != c.first && c.group == "" && name != "no IEA" {
				t.Errorf("set codes %q, want %q", got, c.first)
			}
			if c.place != "" && (len(s.Issues) == 0 || s.Issues[0].Place.String() != c.place || s.Issues[0].Code != c.code) {
				t.Errorf("issues:\n%v\nwant %s at %s", s.Issues, c.code, c.place)
			}
			if us := unitsOf(t, file, r); len(us) != c.good {
				t.Errorf("%d units, want %d", len(us), c.good)
			}
		})
	}
}

// TestNoISA: what is no interchange is said so, and what stood before it counts.
func TestNoISA(t *testing.T) {
	for name, file := range map[string]string{
		"empty": "", "short ISA": "ISA*00*~", "105 bytes": strings.Replace(one, "AGENCY01       *", "AGENCY01      *", 1), "no ISA": "GS*HI~", "junk": "\x00\x01\xff\xfe" + strings.Repeat("\x80", 300),
		"letter as delimiter": strings.Replace(one, "*T*:~", "*T*:A", 1), "one sign twice": strings.Replace(one, "*T*:~", "*T*~~", 1), "blanks": strings.Repeat(" ", 100_000),
	} {
		r := checked(t, file)
		if len(r.Interchanges) != 0 || (r.Broken == "") != (name == "empty") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	r := checked(t, one+"garbage")
	if r.Broken == "" || r.Interchanges[0].Refused() || len(unitsOf(t, one+"garbage", r)) != 2 {
		t.Errorf("after a good interchange: %+v", r)
	}
}

// TestDelimiters: any four signs will do, and the file may come in any pieces.
func TestDelimiters(t *testing.T) {
	odd := strings.NewReplacer("*", "|", ":", ">", "~\n", "\n", "^", "!").Replace(one)
	cr := strings.NewReplacer("~\n", "~\r\n").Replace(one)
	for name, file := range map[string]string{"odd": odd, "CRLF": cr, "no line ends": strings.ReplaceAll(one, "\n", ""), "BOM": "\ufeff" + one, "blanks after": strings.ReplaceAll(one, "~\n", "~ \n"), "two": one + one} {
		r := checked(t, file)
		us := unitsOf(t, file, r)
		if want := strings.Count(file, "GS"+string(file[len(file)-len(strings.TrimLeft(file, "\ufeff"))+3])); len(us) != 2*want {
			t.Errorf("%s: %d units; %+v", name, len(us), r.Interchanges[0])
		}
		if got := rewritten(t, iotest.OneByteReader(strings.NewReader(file))); got != file {
			t.Errorf("%s: not byte-exact:\n%q\n%q", name, got, file)
		}
	}
}

// rewritten reads a file and writes it again.
func rewritten(t interface{ Fatal(...any) }, r io.Reader) string {
	var b strings.Builder
	s := NewScanner(r, Limits{})
	for {
		seg, err := s.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, ErrNoISA) {
				t.Fatal(err)
			}
			return s.Lead() + b.String()
		}
		b.WriteString(seg.Raw())
	}
}

// TestReaderFails: an error of the reader is no verdict on the file.
func TestReaderFails(t *testing.T) {
	away := errors.New("away")
	if _, err := Check(io.MultiReader(strings.NewReader(one[:400]), iotest.ErrReader(away)), Limits{}); !errors.Is(err, away) {
		t.Error(err)
	}
	r := checked(t, one)
	for _, err := range Units(io.MultiReader(strings.NewReader(one[:400]), iotest.ErrReader(away)), Limits{}, r) {
		if !errors.Is(err, away) {
			t.Error(err)
		}
	}
	for _, err := range Units(strings.NewReader(one+one), Limits{}, r) {
		if err != nil && !errors.Is(err, errOther) {
			t.Error(err)
		}
	}
}

func claims(n int) string {
	var b strings.Builder
	b.WriteString("ISA*00*          *00*          *ZZ*AGENCY01       *ZZ*PLANMCO        *260303*1015*^*00501*000000201*0*T*:~\nGS*HC*AGENCY01*PLANMCO*20260331*0930*201*X*005010X222A1~\n")
	w := NewWriter()
	w.Set("837", "0001", "005010X222A1", func(w *Writer) {
		w.Segment("BHT", "0019", "00", "B1", "20260331", "0930", "CH")
		w.Segment("NM1", "41", "2", "AGENCY ONE", "", "", "", "", "46", "AGENCY01")
		w.Segment("NM1", "40", "2", "PLAN MCO", "", "", "", "", "46", "77001")
		w.Segment("HL", "1", "", "20", "1")
		w.Segment("NM1", "85", "2", "AGENCY ONE", "", "", "", "", "XX", "1234567893")
		for i := range n {
			if i%2 == 0 {
				w.Segment("HL", strconv.Itoa(2+i/2), "1", "22", "0")
				w.Segment("SBR", "P", "18", "", "", "", "", "", "", "MC")
				w.Segment("NM1", "IL", "1", "RIVERA", "MARISOL", "", "", "", "MI", "MCD"+strconv.Itoa(100000+i/2))
				w.Segment("NM1", "PR", "2", "PLAN MCO", "", "", "", "", "PI", "77001")
			}
			w.Segment("CLM", "C-"+strconv.Itoa(i+1), "104", "", "", Comp("12", "B", "1"), "Y", "A", "Y", "Y")
			w.Segment("HI", Comp("ABK", "F913"))
			w.Segment("LX", "1")
			w.Segment("SV1", Comp("HC", "H2021", "HA"), "104", "UN", "8", "", "", "1")
			w.Segment("DTP", "472", "D8", "20260316")
		}
	})
	b.Write(w.Bytes())
	b.WriteString("GE*1*201~\nIEA*1*000000201~\n")
	return b.String()
}

// TestSpec: every X12 sample is read and written again byte for byte, or begins
// with no ISA; docs/mappings/x12_samples.md says what becomes of each.
func TestSpec(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/spec/x12/*/*")
	if len(files) == 0 {
		t.Skip("SKIPPED: the X12 samples are not at ../shared/spec/x12, so nothing was compared")
	}
	for _, f := range files {
		if strings.HasSuffix(f, ".md") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if r := checked(t, string(b)); r.Broken == "" {
			if got := rewritten(t, bytes.NewReader(b)); got != string(b) {
				t.Errorf("%s: not byte-exact", f)
			}
		} else if bytes.HasPrefix(b, []byte("ISA")) && b[105] == '~' {
			t.Errorf("%s: %s", f, r.Broken)
		}
	}
}
