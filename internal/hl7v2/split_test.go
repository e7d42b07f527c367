package hl7v2

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	one, two := "MSH|^~\\&|A\rPID|1\r", "MSH|^~\\&|B\rPID|2\r"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"one":             {one, []string{one}},
		"two":             {one + two, []string{one, two}},
		"blank between":   {"\xef\xbb\xbf" + one + "\r\n" + two, []string{one + "\r\n", two}},
		"a batch":         {"FHS|^~\\&|X\rBHS|^~\\&|X\r" + one + two + "BTS|2\rFTS|1\r", []string{one, two}},
		"two batches":     {"FHS|^~\\&\rBHS|^~\\&\r" + one + "BTS|1\rBHS|^~\\&\r" + two + "BTS|1\rFTS|2\r", []string{one, two}},
		"no count stated": {"BHS|^~\\&\r" + one + "BTS\r", []string{one}},
		"frames":          {"\x0b" + one + "\x1c\r\x0b" + two + "\x1c\r", []string{one + "\x1c\r\x0b", two + "\x1c\r"}},
	} {
		got, err := Split([]byte(c.text))
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
			continue
		}
		for i := range got {
			if string(got[i]) != c.want[i] {
				t.Errorf("%s: %q, want %q", name, got[i], c.want[i])
			}
			if _, err := Parse(got[i], Limits{}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, text := range map[string]string{
		"wrong count":   "BHS|^~\\&\r" + one + "BTS|2\r",
		"wrong batches": "FHS|^~\\&\rBHS|^~\\&\r" + one + "BTS|1\rFTS|2\r",
		"nothing":       "", "an empty batch": "BHS|^~\\&\rBTS|0\r", "junk before": "PID|1\r" + one, "bad envelope": "BHS|aaaa\r" + one,
	} {
		if got, err := Split([]byte(text)); err == nil {
			t.Errorf("%s: taken as %q", name, got)
		}
	}
	if got, err := Split([]byte(strings.Repeat(one, 1000))); err != nil || len(got) != 1000 {
		t.Errorf("%d messages, %v", len(got), err)
	}
}
