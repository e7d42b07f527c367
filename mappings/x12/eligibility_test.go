package x12

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/ledger"
)

const asked = "ISA*00*          *00*          *ZZ*AGENCY01       *ZZ*PLANMCO        *260301*0800*^*00501*000000301*0*T*:~\nGS*HS*AGENCY01*PLANMCO*20260301*0800*301*X*005010X279A1~\n" +
	"ST*270*0001*005010X279A1~\nBHT*0022*13*ELG-31*20260301*0800~\nHL*1**20*1~\nNM1*PR*2*PLAN MCO*****PI*77001~\nHL*2*1*21*1~\nNM1*1P*2*AGENCY ONE*****XX*1234567893~\n" +
	"HL*3*2*22*0~\nTRN*1*ELG-31-1*9AGENCY001~\nNM1*IL*1*RIVERA*MARISOL****MI*MCD00812345~\nDMG*D8*20130514*F~\nDTP*291*RD8*20260301-20260331~\nEQ*30^MH~\n" +
	"HL*4*2*22*0~\nTRN*1*ELG-31-2*9AGENCY001~\nNM1*IL*1*OKAFOR*DANIEL****MI*MCD00700111~\nEQ*30~\n" +
	"HL*5*2*22*0~\nTRN*1*ELG-31-3*9AGENCY001~\nNM1*IL*1*DOE*SAM****MI*MCD00999999~\nEQ*30~\nSE*21*0001~\nGE*1*301~\nIEA*1*000000301~\n"

func date(t *testing.T, s string) ledger.Day {
	t.Helper()
	d, err := ledger.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestAnswer271: spans that touch the days asked about are active, others are
// not told, a member without any is inactive, an unknown one is AAA 75.
func TestAnswer271(t *testing.T) {
	qs, issues := Questions([]byte(asked), agency())
	if len(qs) != 3 || len(issues) > 0 || qs[1].Member.Member != "MCD00700111" {
		t.Fatalf("%+v %v", qs, issues)
	}
	standings := []Standing{
		{Known: true, Spans: []ledger.Span{
			{Payer: "77001", Start: date(t, "2026-01-01"), End: ledger.Forever},
			{Program: "waiver", Start: date(t, "2026-03-10"), End: date(t, "2026-12-31")},
			{Payer: "88001", Start: date(t, "2025-01-01"), End: date(t, "2025-12-31")},
			{Payer: "99001", Start: date(t, "2026-03-01"), End: date(t, "2026-02-28")}, // taken back
		}},
		{Known: true},
		{},
	}
	got, issues := Answer([]byte(asked), agency(), standings, time.Date(2026, 3, 2, 9, 0, 0, 0, agency().Zone), date(t, "2026-03-02"))
	want := "ST*271*0001*005010X279A1~\nBHT*0022*11*ELG-31*20260302*0900~\nHL*1**20*1~\nNM1*PR*2*PLAN MCO*****PI*77001~\nHL*2*1*21*1~\nNM1*1P*2*AGENCY ONE*****XX*1234567893~\n" +
		"HL*3*2*22*0~\nTRN*2*ELG-31-1*9AGENCY001~\nNM1*IL*1*RIVERA*MARISOL****MI*MCD00812345~\nDMG*D8*20130514*F~\nDTP*291*RD8*20260301-20260331~\n" +
		"EB*1**30^MH*MC*77001~\nDTP*348*D8*20260101~\nEB*1**30^MH*OT*waiver~\nDTP*348*D8*20260310~\nDTP*349*D8*20261231~\n" +
		"HL*4*2*22*0~\nTRN*2*ELG-31-2*9AGENCY001~\nNM1*IL*1*OKAFOR*DANIEL****MI*MCD00700111~\nDTP*291*D8*20260302~\nEB*6**30~\n" +
		"HL*5*2*22*0~\nTRN*2*ELG-31-3*9AGENCY001~\nNM1*IL*1*DOE*SAM****MI*MCD00999999~\nAAA*N**75*C~\nDTP*291*D8*20260302~\nSE*27*0001~\n"
	if diff := cmp.Diff(want, string(got)); diff != "" || len(issues) > 0 {
		t.Errorf("%v\n%s", issues, diff)
	}
	e := wire.Envelope{Control: 1, GroupControl: 1}
	in, issues := inquiry(e.Wrap("HB", Version270, got), agency(), "271")
	if in == nil || len(issues) > 0 || len(in.Questions) != 3 || len(in.Questions[0].Benefits) != 2 || in.Questions[2].Errors[0].Reason != "75" {
		t.Errorf("our own 271 cannot be read: %v %+v", issues, in)
	}
}

// TestRoundTripInquiry: what is written as 270 or 271 is read as the same.
func TestRoundTripInquiry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := &Inquiry{Response: rapid.Bool().Draw(t, "response"), Reference: ids.Draw(t, "reference"), At: "2026-03-03T10:15:00-05:00", Payer: drawnParty(t, "X3"), Asker: drawnParty(t, "1P")}
		if !q.Response { // a 270 has no PER
			q.Payer.Contact, q.Payer.Phone, q.Asker.Contact, q.Asker.Phone = "", "", "", ""
		}
		for range rapid.IntRange(1, 3).Draw(t, "questions") {
			a := Question{Trace: ids.Draw(t, "trace"), TraceOrg: "9AGENCY001", Member: drawnPerson(t)}
			if rapid.Bool().Draw(t, "dated") {
				a.Start, a.End = span(t)
			}
			if rapid.Bool().Draw(t, "dependent") {
				d := drawnPerson(t)
				d.Member, d.Relationship = "", "19"
				a.Dependent = &d
			}
			if q.Response {
				a.Benefits = []Benefit{{Status: "1", Types: []string{"30", "MH"}, Insurance: "MC", Plan: words.Draw(t, "plan"), Start: whens.Draw(t, "since")}}
			} else {
				a.Types = []string{"30", "MH"}
				a.Services = rapid.SampledFrom([][]string{nil, {"H2021"}}).Draw(t, "services")
			}
			q.Questions = append(q.Questions, a)
		}
		id, functional := "270", "HS"
		if q.Response {
			id, functional = "271", "HB"
		}
		st := q.Write("0001", agency().Zone)
		back, issues := inquiry(wire.Envelope{Control: 1, GroupControl: 1}.Wrap(functional, Version270, st), agency(), id)
		if diff := cmp.Diff(q, back); diff != "" || len(issues) > 0 {
			t.Fatalf("%v\n%s\n%s", issues, diff, st)
		}
	})
}

// TestSpec maps every 278, 270 and 271 of the X12 samples: resources that are
// R4, or a refusal; docs/mappings/x12_samples.md lists what becomes of each file.
func TestSpec(t *testing.T) {
	var out strings.Builder
	out.WriteString("# What becomes of the public X12 samples\n\nMade from the code by `go test ./mappings/x12 -run Spec -update`; do not edit. The files are not part of the repository.\n" +
		"Every file that begins with an ISA of 106 bytes is written again byte for byte.\n\n| File | Becomes, or is refused because |\n|---|---|\n")
	for _, path := range specFiles(t) {
		out.WriteString("| " + strings.TrimPrefix(path, spec+"/x12/") + " | " + strings.Join(becomes(t, path), "<br>") + " |\n")
	}
	golden(t, "../../../docs/mappings/x12_samples.md", out.String())
}

// becomes says what a file gives: its parts, and the first reasons of what is refused.
func becomes(t *testing.T, path string) (out []string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := Open(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	issues := file.Issues()
	for n, i := range issues {
		if n == 2 && len(issues) > 3 {
			out = append(out, fmt.Sprintf("and %d more", len(issues)-n))
			break
		}
		out = append(out, strings.TrimPrefix(i.Where+": ", ": ")+i.Found)
	}
	for part, err := range file.Parts() {
		if err != nil {
			t.Fatal(err)
		}
		if line := string(part.Kind) + outcomeOf(t, part); len(out) == 0 || out[len(out)-1] != line {
			out = append(out, line)
		}
	}
	if len(file.Report.Interchanges) == 1 && len(file.Report.Interchanges[0].TA1s) == 1 {
		out = append(out, "TA1 "+file.Report.Interchanges[0].TA1s[0].Ack+" "+file.Report.Interchanges[0].TA1s[0].Note)
	}
	return out
}
