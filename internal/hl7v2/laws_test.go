package hl7v2

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestTextRoundTrip: what is Set is read back, and survives writing and
// reading, whatever the text and the delimiters.
func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]string{"MSH|^~\\&|", "MSH$%*!@$", "MSH|^~\\&#|", "MSH#;:?/#"}).Draw(t, "delimiters")
		text := string([]rune(rapid.OneOf(rapid.String(), rapid.StringMatching(`[|^~\\&#"EFSTRXHN.br0-9\n\r ]*`)).Draw(t, "text")))
		m, err := Parse([]byte(d+"A\rPID\r"), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		path := rapid.SampledFrom([]string{"PID-3", "PID-3[2].1", "PID-3[2].4.2", "PID-9"}).Draw(t, "path")
		if err := m.Set(path, text); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(m.Encode(), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := again.Get(path).Text(); got != text || m.Get(path).Text() != text {
			t.Fatalf("%q became %q (%q)", text, got, m.Encode())
		}
		if text != "" && again.Get(path).Null() {
			t.Fatal("a text became the delete mark")
		}
	})
}

// TestMessageRoundTrip: any grid of values is written, read and found again.
func TestMessageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(rapid.SliceOfN(rapid.SliceOfN(rapid.String(), 1, 3), 1, 5), 1, 5).Draw(t, "cells")
		m, _ := New("")
		for _, seg := range cells {
			s := m.Append("ZZZ")
			for i, comps := range seg {
				s.Put(i+1, comps...)
			}
		}
		again, err := Parse(m.Encode(), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for i, seg := range cells {
			for j, comps := range seg {
				for k, want := range comps {
					if got := again.Segments.Nth("ZZZ", i+1).Field(j + 1).Comp(k + 1).Text(); got != want {
						t.Fatalf("ZZZ[%d]-%d.%d = %q, want %q", i+1, j+1, k+1, got, want)
					}
				}
			}
		}
	})
}

// FuzzParse: no input panics; what is taken is rewritten byte for byte, every
// value can be read, and setting one field leaves the others.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|A\r\nPID|1||\"\"\n\nBTS|1\rFTS|1"))
	f.Add([]byte("\xef\xbb\xbfMSH$%*!@#$A\n\x0bPID$\\X4\\"))
	for _, b := range samples(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = Peek(b)
		parts, _ := Split(b)
		for _, part := range append(parts, b) {
			check(t, part)
		}
	})
}

func check(t *testing.T, b []byte) {
	m, err := Parse(b, Limits{Bytes: 1 << 16})
	if err != nil {
		return
	}
	if !bytes.Equal(m.Encode(), b) {
		t.Fatalf("%q was rewritten as %q", b, m.Encode())
	}
	for _, s := range m.Segments {
		for n := 1; n <= s.Len(); n++ {
			for _, r := range s.Field(n).Reps() {
				_, _, _ = r.Comp(2).Sub(2).Text(), r.Whole(), r.Has()
			}
		}
	}
	_, _ = m.Header().Answer(Ack{Code: "AA"}).Encode(), m.Groups("OBR")
	last := m.Segments[len(m.Segments)-1]
	before := last.Field(3).Whole()
	last.Put(40, "x")
	if last.Field(3).Whole() != before || last.Field(40).Text() != "x" {
		t.Fatalf("setting one field of %q changed another", b)
	}
}
