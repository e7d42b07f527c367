package fhir

import "testing"

func TestOverlay(t *testing.T) {
	for name, c := range map[string]struct {
		old, over, want string
		remove, once    []string
	}{
		"replaces and adds": {`{"resourceType":"Patient","id":"1","gender":"male"}`, `{"resourceType":"Patient","id":"2","gender":"female","active":true}`,
			`{"resourceType":"Patient","id":"1","gender":"female","active":true}`, nil, nil},
		"once": {`{"resourceType":"Task","status":"accepted"}`, `{"resourceType":"Task","status":"requested"}`, `{"resourceType":"Task","status":"accepted"}`, nil, []string{"status"}},
		"removes": {`{"resourceType":"Patient","gender":"male","birthDate":"2013","period":{"start":"2026","end":"2027"}}`, `{"resourceType":"Patient"}`,
			`{"resourceType":"Patient","period":{"start":"2026"}}`, []string{"gender", "birthDate", "period.end", "nothing.use=home"}, nil},
		"entries by use": {`{"resourceType":"Patient","telecom":[{"value":"1","use":"home"},{"value":"2","use":"work"},{"value":"3"}]}`, `{"resourceType":"Patient","telecom":[{"value":"4","use":"home"}]}`,
			`{"resourceType":"Patient","telecom":[{"value":"2","use":"work"},{"value":"4","use":"home"}]}`, nil, nil},
		"removes a use": {`{"resourceType":"Patient","telecom":[{"value":"1","use":"home"},{"value":"2","use":"work"}]}`, `{"resourceType":"Patient","telecom":[{"value":"4","use":"mobile"}]}`,
			`{"resourceType":"Patient","telecom":[{"value":"2","use":"work"},{"value":"4","use":"mobile"}]}`, []string{"telecom.use=home"}, nil},
		"identifiers": {`{"resourceType":"Patient","identifier":[{"system":"a","value":"1"},{"system":"b","value":"1"}]}`, `{"resourceType":"Patient","identifier":[{"system":"a","value":"1","use":"usual"},{"system":"a","value":"2"}]}`,
			`{"resourceType":"Patient","identifier":[{"system":"b","value":"1"},{"system":"a","value":"1","use":"usual"},{"system":"a","value":"2"}]}`, nil, nil},
		"periods": {`{"resourceType":"Encounter","period":{"start":"2026-03-01"}}`, `{"resourceType":"Encounter","period":{"end":"2026-03-02"}}`, `{"resourceType":"Encounter","period":{"start":"2026-03-01","end":"2026-03-02"}}`, nil, nil},
		"labels": {`{"resourceType":"Task","meta":{"versionId":"3","security":[{"code":"SUD"}]}}`, `{"resourceType":"Task","meta":{"security":[{"code":"R"},{"code":"SUD"}]}}`,
			`{"resourceType":"Task","meta":{"versionId":"3","security":[{"code":"SUD"},{"code":"R"}]}}`, nil, nil},
	} {
		old, _ := Parse([]byte(c.old), Limits{})
		over, _ := Parse([]byte(c.over), Limits{})
		got, issues := old.Overlay(over, c.remove, c.once)
		if got == nil || string(got.JSON) != c.want {
			t.Errorf("%s: got\n%s, want\n%s %v", name, got.JSON, c.want, issues)
		}
	}
}
