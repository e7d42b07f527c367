package fhir

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestHostileText is F30: what must never be read, nor cost much to refuse.
func TestHostileText(t *testing.T) {
	var keys strings.Builder
	keys.WriteString(`{"resourceType":"Patient"`)
	for i := range 1_000_000 {
		fmt.Fprintf(&keys, `,"k%d":1`, i)
	}
	keys.WriteString("}")
	for name, text := range map[string]string{
		"10k deep arrays":   `{"resourceType":"Patient","name":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}",
		"10k deep objects":  strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"1M deep, unclosed": strings.Repeat("[", 1_000_000),
		"1M keys":           keys.String(),
		"1M values":         `{"resourceType":"Patient","name":[` + strings.Repeat("0,", 1_000_000) + "0]}",
		"5,001 entries":     `{"resourceType":"Bundle","type":"batch","entry":[` + strings.Repeat(`{"fullUrl":"urn:x:1234567890"},`, 5000) + `{"fullUrl":"urn:y"}]}`,
		"repeated keys":     `{"resourceType":"Patient","name":[{"family":"a","family":"a"}]}`,
		"escaped repeat":    `{"resourceType":"Patient","gender":"male","g\u0065nder":"male"}`,
		"bad UTF-8":         "{\"resourceType\":\"Patient\",\"language\":\"\xff\xfe\"}",
		"overlong UTF-8":    "{\"resourceType\":\"Patient\",\"language\":\"\xc0\xaf\"}",
		"lone surrogate":    `{"resourceType":"Patient","language":"\ud800"}`,
		"byte order mark":   "\xef\xbb\xbf" + `{"resourceType":"Patient"}`,
		"NUL":               "{\"resourceType\":\"Patient\"\x00}",
		"NUL in a string":   "{\"resourceType\":\"Patient\",\"language\":\"a\x00\"}",
		"NUL after":         "{\"resourceType\":\"Patient\"}\x00",
		"NUL escaped":       `{"resourceType":"Patient","language":"a\u0000"}`,
		"trailing text":     `{"resourceType":"Patient"} x`,
		"trailing comma":    `{"resourceType":"Patient",}`,
		"NaN":               `{"resourceType":"Patient","multipleBirthInteger":NaN}`,
		"single quotes":     `{'resourceType':'Patient'}`,
		"empty":             "",
		"blank":             " \n",
		"UTF-16":            "{\x00\"\x00",
	} {
		before := allocated()
		issues := check([]byte(text))
		if !issues.Errors() {
			t.Errorf("%s was accepted", name)
		}
		for _, i := range issues {
			if len(i.Path) > 500 || len(i.Text()) > 1000 {
				t.Errorf("%s: the issue repeats too much: %d and %d bytes", name, len(i.Path), len(i.Text()))
			}
		}
		if used := allocated() - before; used > 100<<20 {
			t.Errorf("%s: %d MB allocated", name, used>>20)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestLimits(t *testing.T) {
	text := []byte(`{"resourceType":"Bundle","entry":[{"a":1},{"a":2}]}`)
	for _, lim := range []Limits{{Bytes: len(text) - 1}, {Depth: 2}, {Entries: 1}} {
		if r, issues := Parse(text, lim); r != nil || !issues.Errors() {
			t.Errorf("%+v: was accepted", lim)
		}
	}
	if r, issues := Parse(text, Limits{Bytes: len(text), Depth: 3, Entries: 2}); r == nil {
		t.Error(issues)
	}
}

func TestNode(t *testing.T) {
	r, issues := Parse([]byte(`{"resourceType":"Patient","id":"p","name":[{"family":"\u00e9\ud83d\ude00\n\/","given":["a","b"]}],"multipleBirthInteger":2.50,"active":false}`), Limits{})
	if r == nil {
		t.Fatal(issues)
	}
	name := r.Get("name").Items()[0]
	for got, want := range map[string]string{
		name.Get("family").Text():                     "é😀\n/",
		string(name.Get("given").Raw()):               `["a","b"]`,
		r.Get("multipleBirthInteger").Text():          "2.50",
		r.Get("active").Text():                        "false",
		r.Get("name", "family").Text():                "",
		(*Node)(nil).Get("x", "y").Text():             "",
		fmt.Sprint(len((*Node)(nil).Items())):         "0",
		fmt.Sprint(len(r.Get("active").Items())):      "1",
		fmt.Sprint(name.Get("given").Len()):           "2",
		r.Type + "/" + r.ID:                           string(r.Ref()),
		fmt.Sprint((*Resource)(nil).Get("x") == nil):  "true",
		fmt.Sprint(r.Get("name").Kind() == KindArray): "true",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for range (*Node)(nil).Members() {
		t.Error("members of nil")
	}
}

func TestParseRef(t *testing.T) {
	for value, want := range map[string]string{
		"Patient/1":                                     "Patient 1  false",
		"Patient/1/_history/2":                          "Patient 1 2 false",
		"https://h/fhir/Patient/a-b.c":                  "Patient a-b.c  true",
		"https://h/fhir/Patient/1/_history/3":           "Patient 1 3 true",
		"urn:uuid:c757873d-ec9a-4326-a141-556f43239520": "   true",
		"#x":            "   false",
		"Patient":       "   false",
		"Patent/1":      "   false",
		"x/Patient/1":   "   false",
		"Patient/a_b":   "   false",
		"Patient/":      "   false",
		"http://x":      "   true",
		"":              "   false",
		"Patient?a=b/c": "   false",
	} {
		typ, id, version, absolute := ParseRef(value)
		if got := fmt.Sprint(typ, " ", id, " ", version, " ", absolute); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

func TestTypes(t *testing.T) {
	if n := len(Types()); n != 148 && n != 146 {
		t.Errorf("%d types", n)
	}
	for _, name := range Types() {
		seen := map[*shape]bool{}
		var walk func(s *shape)
		walk = func(s *shape) {
			if seen[s] {
				return
			}
			seen[s] = true
			for _, e := range s.elements {
				if e.slot != nil && e.slot.index > 63 {
					t.Errorf("%s has more slots than a word has bits", s.name)
				}
				if s.kind != shapePrimitive && e.of().kind == shapePrimitive && e.of().form == nil {
					t.Errorf("%s.%s has no form", s.name, e.name)
				}
				walk(e.of())
			}
		}
		walk(resourceShape(name))
	}
}
