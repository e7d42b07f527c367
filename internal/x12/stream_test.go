package x12

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// endless is a file of one 837 with so many claims, made while it is read.
type endless struct {
	head, tail string
	claim      string
	claims     int
	at         int
	rest       string
}

// stream is an 837 of about size bytes, all claims of one member.
func stream(size int) *endless {
	whole := claims(2)
	first, last := strings.Index(whole, "CLM*C-2"), strings.Index(whole, "SE*")
	body := whole[first:last]
	e := &endless{head: whole[:first], claims: size / len(body)}
	segments := strings.Count(e.head[strings.Index(e.head, "ST*"):], "\n") + e.claims*strings.Count(body, "\n") + 1
	e.claim = body
	e.tail = "SE*" + strconv.Itoa(segments) + "*0001~\nGE*1*201~\nIEA*1*000000201~\n"
	return e
}

func (e *endless) Read(p []byte) (int, error) {
	for e.rest == "" {
		switch {
		case e.at == 0:
			e.rest = e.head
		case e.at <= e.claims:
			e.rest = e.claim
		case e.at == e.claims+1:
			e.rest = e.tail
		default:
			return 0, io.EOF
		}
		e.at++
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// TestMemory: a file of any length is checked and cut in the same memory.
func TestMemory(t *testing.T) {
	const size = 48 << 20
	r, err := Check(stream(size), Limits{})
	if err != nil || r.Interchanges[0].Refused() || r.Interchanges[0].Groups[0].Sets[0].Broken() {
		t.Fatal(err, r.Interchanges[0].Note, r.Interchanges[0].Groups[0].Sets[0].Codes, r.Interchanges[0].Groups[0].Sets[0].Issues)
	}
	var most uint64
	units := 0
	for u, err := range Units(stream(size), Limits{}, r) {
		if err != nil {
			t.Fatal(err)
		}
		if units++; units%50_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		if units == 1 {
			if _, issues := Parse(u.Text); issues != nil {
				t.Fatal(issues)
			}
		}
	}
	if want := r.Interchanges[0].Groups[0].Sets[0].Units; units != want || units < 100_000 {
		t.Errorf("%d units, the report says %d", units, want)
	}
	if most > 16<<20 {
		t.Errorf("%d MB of heap in use for a file of %d MB", most>>20, size>>20)
	}
}

func benchmark(b *testing.B, size int, f func(io.Reader) error) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if err := f(stream(size)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScan reads the segments of an 837, BenchmarkCheck judges it,
// BenchmarkUnits cuts it into claims.
func BenchmarkScan(b *testing.B) {
	benchmark(b, 16<<20, func(r io.Reader) error {
		s := NewScanner(r, Limits{})
		for {
			if _, err := s.Next(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	benchmark(b, 16<<20, func(r io.Reader) error {
		_, err := Check(r, Limits{})
		return err
	})
}

func BenchmarkUnits(b *testing.B) {
	const size = 16 << 20
	report, err := Check(stream(size), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	units := 0
	benchmark(b, size, func(r io.Reader) error {
		for _, err := range Units(r, Limits{}, report) {
			if err != nil {
				return err
			}
			units++
		}
		return nil
	})
	b.ReportMetric(float64(units)/b.Elapsed().Seconds(), "claims/s")
}

func BenchmarkParse(b *testing.B) {
	text := []byte(strings.Replace(one, request2, "", 1))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, issues := Parse(text); issues != nil {
			b.Fatal(issues)
		}
	}
}

// seeds are texts to begin a fuzz run with: our own, and the public samples
// where they are.
func seeds(f *testing.F) {
	for _, s := range []string{one, claims(3), strings.ReplaceAll(one, "~\n", "\n"), one[:200], "ISA", strings.Replace(one, "*T*:~", "*T*\x1f\x1d", 1)} {
		f.Add([]byte(s))
	}
	files, _ := filepath.Glob("../../../shared/spec/x12/*/*")
	if len(files) == 0 {
		f.Log("the X12 samples are not at ../shared/spec/x12: our own seeds only")
	}
	for _, path := range files {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(b)
		}
	}
}

// FuzzFile: no file makes us panic; what can be read is written again byte for
// byte; every unit is a text of its own; our answer is well formed.
func FuzzFile(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		file := string(b)
		r := checked(t, file)
		if got := rewritten(t, strings.NewReader(file)); r.Broken == "" && !strings.HasPrefix(file, got) && len(file) < 64<<10 {
			t.Fatalf("written again as\n%q\nwant\n%q", got, file)
		}
		for _, u := range unitsOf(t, file, r) {
			tr, issues := Parse(u.Text)
			if issues != nil || string(tr.Text()) != string(u.Text) {
				t.Fatalf("a unit that cannot be read: %v\n%q", issues, u.Text)
			}
			if _, issues := tr.Loops(); issues == nil && len(tr.Check()) > 0 {
				t.Fatalf("a unit of a good transaction is bad: %v\n%q", tr.Check(), u.Text)
			}
			_, _ = tr.Ack999()
			u.Settle(nil, len(u.Text)%2 == 0)
		}
		for _, in := range r.Interchanges {
			if answer := envelope.Answer(in); answer != nil {
				again := checked(t, string(answer))
				if again.Broken != "" || again.Interchanges[0].Refused() {
					t.Fatalf("our answer is not well formed: %+v\n%q", again.Interchanges[0], answer)
				}
			}
		}
	})
}

// TestRoundTripSegments: what is written is read as the same elements, whatever
// the delimiters, and the other way round byte for byte.
func TestRoundTripSegments(t *testing.T) {
	text := rapid.StringMatching(`[A-Za-z0-9é .,'*:~^|>!-]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		w := NewWriter()
		w.D = rapid.SampledFrom([]Delimiters{Usual(), {Element: '|', Repetition: '!', Component: '>', Segment: '\n'}, {Element: '*', Component: ':', Segment: '\r'}}).Draw(t, "delimiters")
		envelope.isa(w)
		want := [][]string{}
		for range rapid.IntRange(1, 5).Draw(t, "segments") {
			list := rapid.SliceOfN(text, 1, 6).Draw(t, "elements")
			w.Segment("MSG", list...)
			for i := range list {
				list[i] = strings.TrimRight(w.clean(list[i]), " ")
			}
			want = append(want, list)
		}
		w.Segment("IEA", "0", "000005002")
		s := NewScanner(strings.NewReader(string(w.Bytes())), Limits{})
		for n := -1; ; n++ {
			seg, err := s.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; n >= 0 && n < len(want) && i < len(want[n]); i++ {
				if got := seg.Elem(i + 1); got != want[n][i] {
					t.Fatalf("element %d of segment %d is %q, want %q in %q", i+1, n, got, want[n][i], w.Bytes())
				}
			}
		}
		if got := rewritten(t, strings.NewReader(string(w.Bytes()))); got != string(w.Bytes()) {
			t.Fatalf("written again as %q, want %q", got, w.Bytes())
		}
	})
}

// TestPlaces: a place is read as it was written.
func TestPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Place{Segment: rapid.SampledFrom([]string{"UM", "NM1"}).Draw(t, "segment"), Position: rapid.IntRange(0, 1_000_000).Draw(t, "position"), Loop: rapid.SampledFrom([]string{"", "2000E"}).Draw(t, "loop"),
			Element: rapid.IntRange(0, 20).Draw(t, "element"), Component: rapid.IntRange(0, 8).Draw(t, "component")}
		if back, ok := ParsePlace(p.String()); !ok || back != p {
			t.Fatalf("%+v came back as %+v from %q", p, back, p)
		}
	})
	for _, s := range []string{"", "row 12, column units", "segment", "segment x UM", "segment 1 UM at 2000E", "segment 1 UM in"} {
		if p, ok := ParsePlace(s); ok {
			t.Errorf("%q was read as %+v", s, p)
		}
	}
}

// TestValues: dates, times and decimals, exact both ways.
func TestValues(t *testing.T) {
	for in, want := range map[string]string{"0": "0", ".5": "0.5", "007": "7", "12.50": "12.50", "-3": "-3", "-0": "0", "1.": "1", "-.25": "-0.25"} {
		if got, ok := Decimal(in); !ok || got != want {
			t.Errorf("Decimal(%q) = %q %t, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "-", ".", "1e3", "1,5", "--1", "1.2.3", "abc", "1234567890123456789"} {
		if got, ok := Decimal(in); ok {
			t.Errorf("Decimal(%q) = %q", in, got)
		}
	}
	for in, want := range map[string]string{"12.50": "12.5", "0.5": ".5", "100": "100", "3.00": "3", "": ""} {
		if got := WriteDecimal(in); got != want {
			t.Errorf("WriteDecimal(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"1015": "10:15:00", "101530": "10:15:30", "10153012": "10:15:30", "2460": "", "101": "", "10a5": "", "10153": ""} {
		if got, ok := Clock(in); ok != (want != "") || ok && got != want {
			t.Errorf("Clock(%q) = %q %t, want %q", in, got, ok, want)
		}
	}
	for in, ok := range map[string]bool{"20260228": true, "20260229": false, "20240229": true, "2026022": false, "202602280": false, "2026-2-8": false} {
		if _, got := Day(in); got != ok {
			t.Errorf("Day(%q): %t", in, got)
		}
	}
	if q, v := WritePeriod("2026-03-15", "2026-09-14"); q != "RD8" || v != "20260315-20260914" {
		t.Error(q, v)
	}
	if q, v := WritePeriod("2026-03-15", "2026-03-15"); q != "D8" || v != "20260315" {
		t.Error(q, v)
	}
}
