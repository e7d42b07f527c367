package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store/storetest"
)

// uploading is the journey of files with a token for the payer, and so long for
// its acknowledgements.
func uploading(t *testing.T, url, deadline string) *journey {
	t.Helper()
	j := newJourney(t, url)
	j.env["MCO_TOKEN"] = "token-of-the-payer"
	text := strings.NewReplacer("tokens: {clinic: env:CLINIC_TOKEN}", "tokens: {clinic: env:CLINIC_TOKEN, mco: env:MCO_TOKEN}", "ack_deadline: 1h", "ack_deadline: "+deadline).
		Replace(string(j.read(j.path)))
	if err := os.WriteFile(j.path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return j
}

// request lets the clinic ask for 240 units, by a file.
func (j *journey) request() (sent []byte) {
	j.t.Helper()
	j.write("clinic/in/requests.csv", "authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,payer,unit\n"+
		"REQ-1,MCD7731,1999900016,H2021,HA,2026-03-15,2099-09-14,240,pended,mco-a,UN\n")
	return j.read(j.one("mco/in/*.x12"))
}

// upload posts a file as the payer and gives the summary and the answers.
func (j *journey) upload(name, content string) (state string, answers map[string]string) {
	j.t.Helper()
	var got struct {
		State   string            `json:"state"`
		Answers map[string]string `json:"answers"`
	}
	if err := json.Unmarshal(j.http(http.MethodPost, j.base+"/v1/files?name="+name, content), &got); err != nil {
		j.t.Fatal(err)
	}
	answers = map[string]string{}
	for ending, where := range got.Answers {
		if strings.HasPrefix(where, "/") {
			where = j.base + where
		}
		answers[ending] = string(j.http(http.MethodGet, where, ""))
	}
	return got.State, answers
}

func (j *journey) http(method, url, body string) []byte {
	j.t.Helper()
	req, err := http.NewRequestWithContext(j.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		j.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token-of-the-payer")
	req.Header.Set("Content-Type", "application/edi-x12")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		j.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		j.t.Fatalf("%s %s: %d %s %v", method, url, res.StatusCode, text, err)
	}
	return text
}

// fromPayer is one interchange of the payer's with one transaction.
func fromPayer(control int, functional, version string, segments ...string) string {
	return fmt.Sprintf("ISA*00*          *00*          *ZZ*PLANMCO        *ZZ*AGENCY01       *260304*0902*^*00501*%09d*0*P*:~\nGS*%s*PLANMCO*AGENCY01*20260304*0902*%d*X*%s~\n", control, functional, control, version) +
		strings.Join(segments, "~\n") + fmt.Sprintf("~\nSE*%d*0001~\nGE*1*%d~\nIEA*1*%09d~\n", len(segments)+1, control, control)
}

// twoClaims has one claim that can be taken in, and one that replaces another
// without saying which (REF*F8).
func twoClaims(control int) string {
	claim := func(hl int, id, frequency string) []string {
		return []string{fmt.Sprintf("HL*%d*1*22*0", hl), "SBR*P*18*******MC", "NM1*IL*1*ZZYZXFILE*QWFPFILE****MI*MCD7731", "DMG*D8*20130514*F", "NM1*PR*2*PLAN MCO*****PI*mco-a",
			"CLM*" + id + "*104***12:B:" + frequency + "*Y*A*Y*Y", "HI*ABK:F913", "LX*1", "SV1*HC:H2021:HA*104*UN*8***1", "DTP*472*D8*20260316"}
	}
	segments := append([]string{"ST*837*0001*005010X222A1", "BHT*0019*00*B1*20260331*0930*CH", "NM1*41*2*PLAN*****46*PLANMCO", "PER*IC*BILLING*TE*5555550111", "NM1*40*2*AGENCY*****46*AGENCY01",
		"HL*1**20*1", "NM1*85*2*CLINIC*****XX*1999900016", "N3*100 MAIN ST", "N4*ALBANY*NY*122071234", "REF*EI*123456789"}, claim(2, "C-1", "1")...)
	return fromPayer(control, "HC", "005010X222A1", append(segments, claim(3, "C-2", "7")...)...)
}

func inquiryOf(control int, trace string) string {
	return fromPayer(control, "HS", "005010X279A1", "ST*270*0001*005010X279A1", "BHT*0022*13*ELG-1*20260303*0800", "HL*1**20*1", "NM1*PR*2*PLAN MCO*****PI*mco-a",
		"HL*2*1*21*1", "NM1*1P*2*CLINIC*****XX*1999900016", "HL*3*2*22*0", "TRN*1*"+trace+"*9PLANMCO01", "NM1*IL*1*ZZYZXFILE*QWFPFILE****MI*MCD7731", "DMG*D8*20130514*F", "EQ*30")
}

// TestX12ByUpload: the payer has no folder and uploads. Its 999 matches what we
// sent; of an 837P the bad claim alone comes back; a 270 gets its 271, by upload
// and by SFTP.
func TestX12ByUpload(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		j := uploading(t, url, "1h")
		defer j.start()()
		j.enroll()
		sent := j.request()
		j.awaits("awaiting")
		if state, answers := j.upload("ack.x12", j.acknowledge(sent)); state != "done" || !strings.Contains(answers["summary"], `"acknowledged": 1`) {
			t.Errorf("the 999: %s %q", state, answers)
		}
		j.awaits("delivered")

		state, answers := j.upload("claims.x12", twoClaims(901))
		if state != "done" || !strings.Contains(answers["summary"], `"accepted": 1`) || !strings.Contains(answers["summary"], `"rejected": 1`) {
			t.Errorf("the 837P: %s %q", state, answers["summary"])
		}
		for _, want := range []string{"AK1*HC*901*005010X222A1", "AK2*837*0001*005010X222A1", "IK3*CLM*26", "IK5*E", "AK9*E*1*1*1"} {
			if !strings.Contains(answers["999"], want) {
				t.Errorf("no %q in the 999:\n%s", want, answers["999"])
			}
		}
		if again, same := j.upload("claims.x12", twoClaims(901)); again != state || same["999"] == "" {
			t.Errorf("the same file again: %s %q", again, same)
		}

		j.write("mco/out/ask.x12", inquiryOf(903, "BY-SFTP"))
		_, answers = j.upload("ask.x12", inquiryOf(902, "BY-HTTP"))
		for trace, got := range map[string]string{"BY-HTTP": answers["271"], "BY-SFTP": string(j.read(j.one("mco/answers/ask.x12.*.271")))} {
			for _, want := range []string{"GS*HB*AGENCY01*PLANMCO*", "TRN*2*" + trace + "*9PLANMCO01", "EB*1**30"} {
				if !strings.Contains(got, want) {
					t.Errorf("%s: no %q in the 271:\n%s", trace, want, got)
				}
			}
		}
	})
}

// TestNo999ByTheDeadline: what nobody has acknowledged in time is not delivered,
// and waits for a person.
func TestNo999ByTheDeadline(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		j := uploading(t, url, "1s")
		defer j.start()()
		j.enroll()
		j.request()
		j.awaits("parked")
		list, _, err := j.app.Store.ListDeliveries(context.Background(), gateway.DeliveryFilter{Partner: "mco", State: "parked"}, gateway.Paging{})
		if err != nil || len(list) != 1 || !strings.Contains(list[0].Fault, "999") {
			t.Errorf("%+v %v", list, err)
		}
	})
}
