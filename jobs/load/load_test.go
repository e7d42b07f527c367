package load_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/load"
	"github.com/throughline/throughline/ledger"
)

func readAll(t *testing.T, kind, text string, o load.Options) (lines []gateway.LineFact, auths []gateway.AuthFact, spans []gateway.SpanFact, issues []load.Issue, last load.Chunk) {
	t.Helper()
	o.Partner, o.MemberSystem = "p", "urn:m"
	o.Bad = func(i load.Issue) { issues = append(issues, i) }
	r, err := load.New(kind, iotest.OneByteReader(strings.NewReader(text)), o)
	if err != nil {
		t.Fatal(err)
	}
	for {
		c, err := r.Next()
		if errors.Is(err, io.EOF) {
			return lines, auths, spans, issues, c
		}
		if err != nil {
			t.Fatal(err)
		}
		lines, auths, spans = append(lines, c.Facts.Lines...), append(auths, c.Facts.Auths...), append(spans, c.Facts.Spans...)
	}
}

func TestServiceRows(t *testing.T) {
	text := "\xef\xbb\xbfunits,Line_ID,member_id,provider_id,code,service_date,modifiers,received_at\r\n" +
		"2.50,L1,M1,1,H2021,2026-01-05,HA:UK,2026-01-06T10:00:00-05:00\r\n" +
		"\r\n" +
		"0,\"L,2\",M1,1,,2026-02-30,\"a \"\"b\"\"\nc\",2026-01-06 10:00\r\n" +
		"x,L3,M1,1,H2021,2026-01-05,,\r\n" +
		"1,,,1,H2021,2026-01-05,,\r\n" +
		"1,L5,M1,5\" tube,H2021,2026-01-05,,\r\n" +
		"1,L6,M1,1,H2021,2026-01-05\r\n" +
		"1,L7,M1,1,=cmd,2026-01-05,,\r\n" +
		"1,L8,M1,1,\"H2021,2026-01-05,,\r\n" +
		"3,L9,M1,1,'=x,2026-01-05,,2026-01-06"
	zone, _ := time.LoadLocation("America/New_York")
	lines, _, _, issues, last := readAll(t, "service", text, load.Options{Zone: zone, ChunkRows: 2})
	var got []string
	for _, l := range lines {
		got = append(got, fmt.Sprintf("%s %s %q %s %q %q %d", l.Line.ID, l.Line.Units, l.Line.Code, l.Line.Date, l.Line.DateText, l.Line.Modifiers, l.Line.Received))
	}
	want := []string{
		`L1 2.5 "H2021" 2026-01-05 "" "HA UK" 1767711600000000`,
		`L,2 0 ""  "2026-02-30" "a \"b\"\nc" 1767711600000000`,
		`L9 3 "=x" 2026-01-05 "" "" 1767675600000000`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var bad []string
	for _, i := range issues {
		bad = append(bad, fmt.Sprintf("%d %s: %s", i.Row, i.Column, i.Found))
	}
	wantBad := []string{`5 units: "x"`, `6 member_id: nothing`, `6 line_id: nothing`, `7 : a quotation mark inside a cell that is not quoted`, `8 : 6 cells`,
		`9 code: a text of 4 bytes`, `10 : a quotation mark that is never closed`}
	if d := cmp.Diff(wantBad, bad); d != "" {
		t.Error(d)
	}
	if last.Taken != 9 || last.Bad != 6 {
		t.Errorf("taken %d bad %d, want 9 and 6", last.Taken, last.Bad)
	}
}

func TestOwnColumnsAndCodes(t *testing.T) {
	format := gateway.Format{Columns: map[string]string{"authorization_id": "Auth No", "status": "STATE"}, Codes: map[string]map[string]string{"status": {"OK": "approved"}}}
	text := "Auth No,member_id,code,start,units,state,cap_period,cap_units,reason\nA1,M1,H2021,2026-01-01,40,OK,Weekly,8,words\nA2,M1,H2021,2026-01-01,-4,Pending,,,\n"
	_, auths, _, issues, _ := readAll(t, "authorization", text, load.Options{Format: format})
	want := []gateway.AuthFact{{Member: gateway.Identifier{System: "urn:m", Value: "M1"}, Auth: ledger.Auth{Partner: "p", ID: "A1", Code: "H2021", Start: 20454, End: ledger.Forever,
		Units: 40, Status: ledger.Approved, CapPeriod: ledger.CapWeek, CapUnits: 8}}}
	if d := cmp.Diff(want, auths); d != "" {
		t.Error(d)
	}
	if len(issues) != 1 || issues[0].Column != "units" || issues[0].Row != 3 {
		t.Errorf("issues %v", issues)
	}
}

func TestEnrollmentRetraction(t *testing.T) {
	_, _, spans, issues, _ := readAll(t, "enrollment", "member_id,start,end,payer,program\nM1,2026-01-01,2025-12-31,P,\nM2,2026-01-01,,P,W\nM3,,,P,W\n", load.Options{})
	if len(spans) != 2 || spans[0].Span.End >= spans[0].Span.Start || spans[1].Span.End != ledger.Forever {
		t.Errorf("spans %v", spans)
	}
	if len(issues) != 1 || issues[0].Column != "start" {
		t.Errorf("issues %v", issues)
	}
}

// TestEnrollmentCounty: the column may be there, stay empty, or be left out.
func TestEnrollmentCounty(t *testing.T) {
	_, _, spans, issues, _ := readAll(t, "enrollment", "member_id,start,end,payer,program,county,received_at\nM1,2026-01-01,,P,W, Kane ,\nM2,2026-01-01,,P,W,,\nM3,2026-01-01,,P,W,"+strings.Repeat("x", 201)+",\n", load.Options{})
	if len(spans) != 2 || spans[0].Span.County != "Kane" || spans[1].Span.County != "" {
		t.Errorf("spans %v", spans)
	}
	if len(issues) != 1 || issues[0].Column != "county" || strings.Contains(issues[0].Found, "xxx") {
		t.Errorf("issues %v", issues)
	}
	_, _, spans, issues, _ = readAll(t, "enrollment", "member_id,start\nM1,2026-01-01\n", load.Options{})
	if len(spans) != 1 || spans[0].Span.County != "" || len(issues) != 0 {
		t.Errorf("a table without the column: %v %v", spans, issues)
	}
}

func TestHeaders(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "missing": "line_id,units\n", "unknown": "line_id,member_id,provider_id,code,service_date,units,modifers\n",
		"twice": "line_id,member_id,provider_id,code,service_date,units,units\n"} {
		_, err := load.New("service", strings.NewReader(text), load.Options{})
		var h *load.HeaderError
		if !errors.As(err, &h) {
			t.Errorf("%s: %v, want a header error", name, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add("line_id,member_id,provider_id,code,service_date,units\nL1,M1,1,H2021,2026-01-05,1\n\"a\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := load.New("service", strings.NewReader(text), load.Options{ChunkRows: 3})
		if err != nil {
			return
		}
		good := int64(0)
		for range len(text) + 2 {
			c, err := r.Next()
			if errors.Is(err, io.EOF) {
				if c.Taken != good+c.Bad {
					t.Fatalf("%d rows in, %d good and %d bad", c.Taken, good, c.Bad)
				}
				return
			}
			good += int64(len(c.Facts.Lines))
		}
		t.Fatal("the reader does not end")
	})
}
