package csv_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/throughline/throughline/mappings/csv"
)

const header = "line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units\n"

func TestSplit(t *testing.T) {
	cases := []struct {
		name, record, file string
		want               []string // row, rows, body without its header
	}{
		{"one row each", "service", header + "L1,,M1,,,,,1\nL2,,M1,,,,,1\n", []string{`2 1 "L1,,M1,,,,,1\n"`, `3 1 "L2,,M1,,,,,1\n"`}},
		{"what spreadsheets write", "service", "\xef\xbb\xbf" + strings.ReplaceAll(header, "\n", "\r\n") + "L1,,M1,,,,,1\r\n\r\nL2,,M1,,,,,1", []string{`2 1 "L1,,M1,,,,,1\r\n"`, `4 1 "L2,,M1,,,,,1\n"`}},
		{"a line break in a cell", "service", header + "L1,\"C\n1\",M1,,,,,1\nL2,,M1,,,,,1\n", []string{`2 1 "L1,\"C\n1\",M1,,,,,1\n"`, `3 1 "L2,,M1,,,,,1\n"`}},
		{"rows of one plan", "care_plan", "plan_id,member_id,title,status,start,need_id,need_text\nP1,M1,T,draft,2026-01-01,1,a\n,,,,,2,b\nP1,,,,,3,c\nP2,M1,T,draft,2026-01-01,,\n",
			[]string{`2 3 "P1,M1,T,draft,2026-01-01,1,a\n,,,,,2,b\nP1,,,,,3,c\n"`, `5 1 "P2,M1,T,draft,2026-01-01,,\n"`}},
		{"no rows", "service", header, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for part, err := range csv.Split(strings.NewReader(c.file), c.record, nil) {
				if err != nil || part.Issues != nil {
					t.Fatal(err, part.Issues)
				}
				_, body, _ := strings.Cut(string(part.Body), "\n")
				got = append(got, fmt.Sprintf("%d %d %q", part.Row, part.Rows, body))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	for name, file := range map[string]string{
		"an empty file":             "",
		"an unknown column":         "line_id,member_id,units,colour\n",
		"a column twice":            header[:len(header)-1] + ",units\n",
		"a quote that never closes": header + "L1,\"" + strings.Repeat("x\n", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			refused := false
			for part, err := range csv.Split(strings.NewReader(file), "service", nil) {
				if err != nil {
					t.Fatal(err)
				}
				refused = refused || part.Issues.Errors()
			}
			if !refused {
				t.Error("was taken")
			}
		})
	}
}

// TestSplitStops: the reader's own error is not taken for the end of the file.
func TestSplitStops(t *testing.T) {
	broken := errors.New("the line is down")
	var last error
	for _, err := range csv.Split(io.MultiReader(strings.NewReader(header+"L1,,M1,,,,,1\n"), fails{broken}), "service", nil) {
		last = err
	}
	if !errors.Is(last, broken) {
		t.Errorf("ended with %v, want the reader's error", last)
	}
}

type fails struct{ err error }

func (f fails) Read([]byte) (int, error) { return 0, f.err }

// FuzzDecode: any text is either a record or issues, and what Split gives is
// what Decode takes.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(header + "L1,\"C,1\",M1,,H2021,HA:HM,2026-03-16,8\n"))
	f.Add([]byte("plan_id,member_id,title,status,start,goal_id,goal_text\nP1,M1,\"a \"\"b\"\"\",draft,2026-01-01,G1,x\n,,,,,G2,'=y\n"))
	f.Add([]byte("\xef\xbb\xbfline_id;units\r\n\x00,\"\"\"\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, name := range []string{"service", "care_plan"} {
			for part, err := range csv.Split(strings.NewReader(string(file)), name, nil) {
				if err != nil {
					t.Fatal(err)
				}
				if part.Issues != nil {
					continue
				}
				rec, issues := csv.Decode(name, part.Body, part.Row, nil, nil)
				if (rec == nil) != issues.Errors() {
					t.Fatalf("record %v with issues %v", rec, issues)
				}
			}
		}
	})
}

func BenchmarkDecodeService(b *testing.B) {
	body := []byte(header + "C-1-1,C-1,MCD00812345,1234567893,H2021,HA HM,2026-03-16,8\n")
	b.ReportAllocs()
	for b.Loop() {
		if rec, issues := csv.Decode("service", body, 2, nil, nil); rec == nil {
			b.Fatal(issues)
		}
	}
}

func ExampleColumns() {
	fmt.Println(strings.Join(csv.Columns("authorization"), ","))
	fmt.Println(strings.Join(csv.Columns("enrollment"), ","))
	fmt.Println(strings.Join(csv.Columns("service"), ","))
	// Output:
	// authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,unit,reason,cap_period,cap_units,payer_used,payer_used_to,program,payer,received_at
	// member_id,start,end,payer,program,county,received_at
	// line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units,unit,frequency,replaces,source,authorization_id,visit_id,start_time,received_at
}
