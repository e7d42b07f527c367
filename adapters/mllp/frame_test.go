package mllp

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func all(f *frames) (out []string, err error) {
	for {
		b, err := f.next()
		if err != nil {
			return out, err
		}
		out = append(out, string(b))
	}
}

func TestFrames(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
		err  error
	}{
		"one":                      {"\x0bMSH|a\r\x1c\r", []string{"MSH|a\r"}, io.EOF},
		"two glued":                {"\x0ba\x1c\r\x0bb\x1c\r", []string{"a", "b"}, io.EOF},
		"junk between":             {"\r\nx\x0ba\x1c\r\r\n\r\n\x0bb\x1c\r\n", []string{"a", "b"}, io.EOF},
		"empty":                    {"\x0b\x1c\r\x0ba\x1c\r", []string{"", "a"}, io.EOF},
		"end byte in the message":  {"\x0ba\x1cb\x1c\x1c\r", []string{"a\x1cb\x1c"}, io.EOF},
		"cut off and begun anew":   {"\x0bMSH|ha\x0bMSH|whole\x1c\r", []string{"MSH|whole"}, io.EOF},
		"cut off":                  {"\x0ba\x1c\r\x0bMSH|", []string{"a"}, errCutOff},
		"cut off before its CR":    {"\x0ba\x1c", nil, errCutOff},
		"too long":                 {"\x0b" + strings.Repeat("x", 101) + "\x1c\r", nil, errTooLong},
		"as long as it may be":     {"\x0b" + strings.Repeat("x", 100) + "\x1c\r", []string{strings.Repeat("x", 100)}, io.EOF},
		"endless":                  {"\x0b" + strings.Repeat("x", 1<<20), nil, errTooLong},
		"junk without end":         {strings.Repeat("y", 1<<20), nil, errJunk},
		"binary":                   {"\x0b\x00\xff\xfe\x1c\r", []string{"\x00\xff\xfe"}, io.EOF},
		"no frames":                {"", nil, io.EOF},
		"end without a beginning":  {"a\x1c\r\x0bb\x1c\r", []string{"b"}, io.EOF},
		"cut off across two reads": {"\x0b" + strings.Repeat("z", 90) + "\x0ba\x1c\r", []string{"a"}, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in)), iotest.DataErrReader(strings.NewReader(c.in))} {
				got, err := all(newFrames(r, 100, 1<<10))
				if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
					t.Errorf("%q, %v; want %q, %v", got, err, c.want, c.err)
				}
			}
		})
	}
}

// What is framed is read back, however the bytes are cut.
func TestFramesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		messages := rapid.SliceOf(rapid.StringMatching("[^\x0b\x1c]{0,40}")).Draw(t, "messages")
		var wire []byte
		for _, m := range messages {
			wire = append(wire, framed([]byte(m))...)
		}
		got, err := all(newFrames(iotest.HalfReader(bytes.NewReader(wire)), 1000, 0))
		if !slices.Equal(got, messages) && len(got)+len(messages) > 0 || !errors.Is(err, io.EOF) {
			t.Fatalf("%q, %v; want %q", got, err, messages)
		}
	})
}

// Unfinished frames of all connections share one budget.
func TestBudget(t *testing.T) {
	b := &budget{limit: 3 * chunk}
	long := "\x0b" + strings.Repeat("x", 2*chunk)
	first, second := newFrames(strings.NewReader(long+"\x1c\r"), 1<<20, 0), newFrames(strings.NewReader(long+long), 1<<20, 0)
	first.budget, second.budget = b, b
	if !b.take(2 * chunk) {
		t.Fatal("nothing was held")
	}
	if _, err := second.next(); !errors.Is(err, errCrowded) {
		t.Errorf("%v, want %v", err, errCrowded)
	}
	b.give(2 * chunk)
	if _, err := first.next(); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if n := b.held.Load(); n != 0 {
		t.Errorf("%d bytes still held", n)
	}
}

func FuzzFrames(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.mllp")
	if err != nil || len(seeds) == 0 {
		f.Fatal("no seeds in testdata")
	}
	if more, _ := filepath.Glob("../../../shared/spec/hl7v2/authored/*.hl7"); len(more) > 0 {
		seeds = append(seeds, more...)
	} else {
		f.Log("without the samples of ../shared/spec: they are not there")
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		const limit = 1 << 10
		f := newFrames(bytes.NewReader(wire), limit, 64)
		f.budget = &budget{limit: 4 * chunk}
		got, err := all(f)
		if err == nil {
			t.Fatal("no end")
		}
		total := 0
		for _, m := range got {
			if len(m) > limit || strings.Contains(m, "\x1c\r") || strings.Contains(m, "\x0b") {
				t.Fatalf("a frame of %d bytes, or with the end of one in it", len(m))
			}
			total += len(m) + 3
		}
		if total > len(wire) {
			t.Fatalf("%d bytes of frames in %d bytes", total, len(wire))
		}
		if f.budget.held.Load() != 0 {
			t.Fatal("the budget is not given back")
		}
	})
}
