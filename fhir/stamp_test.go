package fhir

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

var stampTime = time.Date(2026, 3, 31, 9, 30, 0, 250e6, time.FixedZone("", -5*3600))

// checkStamp stamps a valid resource and looks that nothing else has changed.
func checkStamp(t *testing.T, name string, b []byte) {
	t.Helper()
	r, issues := Parse(b, Limits{})
	if r == nil {
		t.Fatalf("%s: %v", name, issues)
	}
	before := bytes.Clone(b)
	stamped := r.Stamp("new-id", 7, stampTime, func(s string) string { return s })
	if !bytes.Equal(before, b) {
		t.Fatalf("%s: Stamp changed its input", name)
	}
	again, issues := Parse(stamped.JSON, Limits{Bytes: 1 << 30})
	if again == nil {
		t.Fatalf("%s: the stamped text does not parse: %v\n%s", name, issues, stamped.JSON)
	}
	if again.ID != "new-id" || again.Get("meta", "versionId").Text() != "7" || again.Get("meta", "lastUpdated").Text() != "2026-03-31T09:30:00.250-05:00" {
		t.Fatalf("%s: not stamped: %s", name, stamped.JSON)
	}
	if !Equal(unstamped(r), unstamped(again)) {
		t.Fatalf("%s: Stamp changed more than id and meta", name)
	}
}

// unstamped writes a resource without what Stamp sets.
func unstamped(r *Resource) []byte {
	out := Obj()
	for name, m := range r.Root().Members() {
		switch {
		case name == "id":
		case name == "meta" && m.Kind() == KindObject:
			meta := Obj()
			for name, m := range m.Members() {
				if name != "versionId" && name != "lastUpdated" {
					meta = meta.With(name, m)
				}
			}
			out = out.With(name, meta)
		default:
			out = out.With(name, m)
		}
	}
	return out.JSON()
}

func TestStampSplicesOnly(t *testing.T) {
	src := `{ "resourceType" : "CarePlan",
  "text": {"status":"generated","div":"<div xmlns=\\"x\\"><a href=\\"urn:uuid:1\\">p</a> urn:uuid:1</div>"},
  "extension": [{"url":"http://x","valueDecimal":1.500}],
  "subject" : {"reference" : "urn:uuid:1" }, "author":{"reference":"Patient\\/2"},
  "instantiatesUri":["urn:uuid:1"], "identifier":[{"system":"urn:oid:1.2","value":"urn:uuid:1"}] }`
	want := `{ "resourceType" : "CarePlan","id":"p\\"1","meta":{"versionId":"1","lastUpdated":"2026-03-31T09:30:00.250-05:00"},
  "text": {"status":"generated","div":"<div xmlns=\\"x\\"><a href=\\"Patient/9\\">p</a> urn:uuid:1</div>"},
  "extension": [{"url":"http://x","valueDecimal":1.500}],
  "subject" : {"reference" : "Patient/9" }, "author":{"reference":"Patient\\/2"},
  "instantiatesUri":["Patient/9"], "identifier":[{"system":"urn:oid:1.2","value":"urn:uuid:1"}] }`
	src, want = strings.ReplaceAll(src, `\\`, `\`), strings.ReplaceAll(want, `\\`, `\`)
	r, issues := Parse([]byte(src), Limits{})
	if r == nil {
		t.Fatal(issues)
	}
	got := r.Stamp(`p"1`, 1, stampTime, func(v string) string {
		if v == "urn:uuid:1" {
			return "Patient/9"
		}
		return v
	})
	if string(got.JSON) != want {
		t.Errorf("got\n%s\nwant\n%s", got.JSON, want)
	}
}

func TestStampKeepsMeta(t *testing.T) {
	for src, want := range map[string]string{
		`{"resourceType":"Basic","meta":{"profile":["http://p"]}}`:                        `{"resourceType":"Basic","id":"a","meta":{"versionId":"1","lastUpdated":"2026-03-31T09:30:00.250-05:00","profile":["http://p"]}}`,
		`{"meta":{"versionId":"9","source":"#s"},"id":"x","resourceType":"Basic"}`:        `{"meta":{"lastUpdated":"2026-03-31T09:30:00.250-05:00","versionId":"1","source":"#s"},"id":"a","resourceType":"Basic"}`,
		`{"resourceType":"Basic","id":"x","meta":{"lastUpdated":"2020","versionId":"4"}}`: `{"resourceType":"Basic","id":"a","meta":{"lastUpdated":"2026-03-31T09:30:00.250-05:00","versionId":"1"}}`,
		`{"resourceType":"Basic","meta":{}}`:                                              `{"resourceType":"Basic","id":"a","meta":{"versionId":"1","lastUpdated":"2026-03-31T09:30:00.250-05:00"}}`,
	} {
		r, issues := Parse([]byte(src), Limits{})
		if r == nil {
			t.Fatal(issues)
		}
		if got := r.Stamp("a", 1, stampTime, nil); string(got.JSON) != want {
			t.Errorf("%s\ngot  %s\nwant %s", src, got.JSON, want)
		}
	}
}

// TestStampEntry stamps one entry of a Bundle out of the Bundle's text.
func TestStampEntry(t *testing.T) {
	b := `{"resourceType":"Bundle","type":"transaction","entry":[
 {"fullUrl":"urn:uuid:a","resource":{"resourceType":"Patient","gender":"female"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=1"}},
 {"fullUrl":"urn:uuid:b","resource":{"resourceType":"CarePlan","status":"active","intent":"plan","subject":{"reference":"urn:uuid:a"}},"request":{"method":"PUT","url":"CarePlan/1","ifMatch":"W/\"2\""}}]}`
	r, issues := Parse([]byte(b), Limits{})
	if r == nil {
		t.Fatal(issues)
	}
	entries := r.Entries()
	if len(entries) != 2 || entries[0].IfNoneExist != "identifier=1" || entries[1].IfMatch != `W/"2"` || entries[1].Method != "PUT" || entries[1].FullURL != "urn:uuid:b" {
		t.Fatalf("entries: %+v", entries)
	}
	plan := entries[1].Resource
	refs := plan.References()
	if len(refs) != 1 || refs[0].Path != "CarePlan.subject.reference" || string(plan.JSON[refs[0].Start:refs[0].End]) != `"urn:uuid:a"` {
		t.Fatalf("references: %+v", refs)
	}
	got := plan.Stamp("1", 3, stampTime, func(string) string { return "Patient/5" })
	want := `{"resourceType":"CarePlan","id":"1","meta":{"versionId":"3","lastUpdated":"2026-03-31T09:30:00.250-05:00"},"status":"active","intent":"plan","subject":{"reference":"Patient/5"}}`
	if string(got.JSON) != want {
		t.Errorf("got  %s\nwant %s", got.JSON, want)
	}
}
