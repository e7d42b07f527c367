package fhir

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// carePlan is a plan of about 1.2 KB, compact as machines send it.
func carePlan(tb testing.TB) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/plan.min.json")
	if err != nil {
		tb.Fatal(err)
	}
	return []byte(strings.TrimSpace(string(b)))
}

func BenchmarkParse(b *testing.B) {
	text := carePlan(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if r, _ := Parse(text, Limits{}); r == nil {
			b.Fatal("refused")
		}
	}
}

// BenchmarkValidate compares bytes to verdict: ours reads and checks, the
// library's validating unmarshaller does the same on its way to a message.
func BenchmarkValidate(b *testing.B) {
	text := carePlan(b)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if check(text).Errors() {
				b.Fatal("refused")
			}
		}
	})
	b.Run("ours/walk", func(b *testing.B) {
		r, _ := Parse(text, Limits{})
		b.ReportAllocs()
		for b.Loop() {
			if Validate(r).Errors() {
				b.Fatal("refused")
			}
		}
	})
	b.Run("jsonformat", func(b *testing.B) {
		u := newUnmarshaller(b)
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := u.Unmarshal(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkStamp(b *testing.B) {
	r, _ := Parse(carePlan(b), Limits{})
	keep := func(s string) string { return s }
	b.ReportAllocs()
	for b.Loop() {
		r.Stamp("5c9b1c9e-2f0a-4b44-9a55-0f9b4f3cf0aa", 1, stampTime, keep)
	}
}

func BenchmarkReferences(b *testing.B) {
	r, _ := Parse(carePlan(b), Limits{})
	b.ReportAllocs()
	for b.Loop() {
		r.References()
	}
}

// TestLinear wants ten times the extensions to cost about ten times the
// allocations: the library takes quadratic time for them.
func TestLinear(t *testing.T) {
	for name, build := range map[string]func(int) []byte{"beside": extensionsBeside, "references": fragments} {
		small, large := build(300), build(3000)
		cost := func(text []byte) float64 {
			return testing.AllocsPerRun(3, func() {
				if issues := Validate(mustParse(t, text)); issues.Errors() {
					t.Fatal(name, issues[:1])
				}
			})
		}
		if few, many := cost(small), cost(large); many > 12*few {
			t.Errorf("%s: %v allocations for 300, %v for 3000", name, few, many)
		}
	}
}

func mustParse(tb testing.TB, b []byte) *Resource {
	tb.Helper()
	r, issues := Parse(b, Limits{})
	if r == nil {
		tb.Fatal(issues)
	}
	return r
}

func extensionsBeside(n int) []byte {
	one := `{"url":"http://example.org/a","extension":[{"url":"b","valueBoolean":false},{"url":"c","valueReference":{"reference":"Patient/1"}}]}`
	return []byte(`{"resourceType":"Basic","code":{"text":"x"},"extension":[` + strings.Repeat(one+",", n-1) + one + `]}`)
}

// fragments has as many contained resources as references to them.
func fragments(n int) []byte {
	contained, refs := make([]string, n), make([]string, n)
	for i := range n {
		contained[i] = fmt.Sprintf(`{"resourceType":"Basic","id":"c%d","code":{"text":"x"}}`, i)
		refs[i] = fmt.Sprintf(`{"url":"http://example.org/a","valueReference":{"reference":"#c%d"}}`, i)
	}
	return []byte(`{"resourceType":"Basic","code":{"text":"x"},"contained":[` + strings.Join(contained, ",") + `],"extension":[` + strings.Join(refs, ",") + `]}`)
}
