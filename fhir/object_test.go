package fhir

import "testing"

func TestObject(t *testing.T) {
	type status string
	var none *Resource
	o := Obj(
		"resourceType", "CarePlan", "id", "", "status", status("active"), "zero", 0, "no", false,
		"empty", Obj("a", "", "b", List{}), "list", List{"", nil, Obj(), "x", Number("12.50")},
		"period", Obj("start", "2026-01-01", "end", ""), "subject", Obj("reference", NewRef("Patient", "1")),
		"none", none, "nil", nil, "strings", []string{"a", ""}, "long", int64(1<<40), "quote", "a\"<é\n",
	)
	want := `{"resourceType":"CarePlan","status":"active","zero":0,"no":false,"list":["x",12.50],"period":{"start":"2026-01-01"},"subject":{"reference":"Patient/1"},"strings":["a"],"long":1099511627776,"quote":"a\"<é\n"}`
	if got := string(o.JSON()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	with := Obj("a", 1, "b", 2).With("a", 3).With("c", 4).With("b", nil)
	if got := string(with.JSON()); got != `{"a":3,"c":4}` {
		t.Errorf("With: %s", got)
	}
	if got := string(Obj().JSON()); got != "{}" {
		t.Errorf("empty: %s", got)
	}
	if r, issues := Obj("resourceType", "Basic", "code", Obj("text", "x")).Resource(); r == nil || Validate(r).Errors() {
		t.Error(issues)
	}
}

func TestOutcome(t *testing.T) {
	got := Outcome(Issues{
		{Severity: Error, Code: CodeValue, Path: "CarePlan.created", Found: `"2026"`, Allowed: "a day", Fix: "add a day", Where: "row 12, column created"},
		{Severity: Warning, Code: CodeInvariant, Found: "a gap"},
	})
	want := `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"value","diagnostics":"row 12, column created: found \"2026\"; allowed: a day; to mend: add a day.","expression":["CarePlan.created"]},{"severity":"warning","code":"invariant","diagnostics":"Found a gap."}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, b := range [][]byte{got, Outcome(nil), Outcome(check([]byte("{"))), Outcome(check([]byte(`{"resourceType":"Claim"}`)))} {
		if issues := check(b); len(issues) > 0 {
			t.Errorf("%s is not a valid OperationOutcome: %v", b, issues)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":[1,"x"]}`, ` {"b":[1,"\u0078"],"a":1}`, true},
		{`{"a":1.0}`, `{"a":1}`, false},
		{`[1,2]`, `[2,1]`, false},
		{`{"a":1}`, `{"b":1}`, false},
		{`{"a":null}`, `{}`, false},
		{`"1"`, `1`, false},
		{`{`, `{`, false},
	} {
		if Equal([]byte(c.a), []byte(c.b)) != c.want {
			t.Errorf("%s and %s: want %v", c.a, c.b, c.want)
		}
	}
}
