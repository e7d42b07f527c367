package json_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline/throughline/mappings/json"
	"github.com/throughline/throughline/mappings/record"
)

func TestSplit(t *testing.T) {
	kinds := strings.Join(record.Names, ", ")
	cases := []struct{ name, body, want string }{
		{"one record", ` {"record":"service","line_id":"L1"} `, `[1 service {"record":"service","line_id":"L1"}]`},
		{"an array", `[{"record":"service"},{"record":"referral"}]`, `[1 service {"record":"service"} 2 referral {"record":"referral"}]`},
		{"records", `{"records":[{"record":"service"}, {"record":"care_team"}]}`, `[1 service {"record":"service"} 2 care_team {"record":"care_team"}]`},
		{"one of them unknown", `[{"record":"servce"},{"record":"service"}]`, `[2 service {"record":"service"}] record 1: found a kind we do not have; allowed: one of ` + kinds + `; to mend: use "service".`},
		{"no kind", `{"line_id":"L1"}`, `[] record 1: found nothing; allowed: one of ` + kinds + `; to mend: add "record" with the kind of the record.`},
		{"something beside records", `{"records":[],"x":1}`, `[] Found more than a list of records; allowed: {"records": [ ... ]} with nothing beside it; to mend: put every field into a record of the list.`},
		{"not JSON", `{"record":`, `[] line 1, column 11: found a text that ends too soon; allowed: JSON in UTF-8 (RFC 8259); to mend: send the whole text.`},
		{"too deep", strings.Repeat("[", 70), `[] line 1, column 66: found objects and arrays more than 64 deep; allowed: JSON in UTF-8 (RFC 8259); to mend: send one record, or a list of records.`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			parts, issues := json.Split([]byte(c.body))
			var words []string
			for _, p := range parts {
				words = append(words, fmt.Sprintf("%d %s %s", p.Row, p.Name, p.Body))
			}
			got := fmt.Sprint(words)
			for _, i := range issues {
				got += " " + i.Text()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// FuzzDecode: any text is either a record or issues; no issue shows a text that
// was sent as a name.
func FuzzDecode(f *testing.F) {
	f.Add(`{"record":"care_plan","plan_id":"P","member_id":"M","title":"T","status":"active","start":"2026-03-02","goals":[{"id":"1","text":"x"}]}`)
	f.Add(`{"record":"care_plan","family_name":"SECRETNAME","birth_date":"SECRETNAME","given_name":["SECRETNAME"]}`)
	f.Add(`{"plan_id":"\ud800","a":1e999,"crisis_plan":{"steps":[null]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		rec, issues := json.Decode("care_plan", []byte(body), nil)
		if (rec == nil) != issues.Errors() {
			t.Fatalf("record %v with issues %v", rec, issues)
		}
	})
}

// TestPersonalValuesAreMasked: no issue repeats what tells who somebody is.
func TestPersonalValuesAreMasked(t *testing.T) {
	const secret = "SECRET"
	body := strings.ReplaceAll(`{"record":"care_team","team_id":["X"],"member_id":{"X":1},"family_name":["X"],"given_name":1,"birth_date":"X","gender":"X","title":{},
		"status":"active","members":[{"id":"1","kind":"family","role":"caregiver","name":["X"],"phone":{"a":"X"},"relationship":"mother"}]}`, "X", secret)
	_, issues := json.Decode("care_team", []byte(body), nil)
	if len(issues) < 7 {
		t.Fatalf("%d issues, want at least 7:\n%v", len(issues), issues)
	}
	if strings.Contains(issues.Error(), secret) {
		t.Errorf("an issue shows a personal value:\n%v", issues)
	}
}
