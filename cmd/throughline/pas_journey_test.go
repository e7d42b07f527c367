package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/gateway"
	wire "github.com/throughline/throughline/internal/x12"
	"github.com/throughline/throughline/store/storetest"
)

// A clinic asks for five units by Da Vinci PAS and the payer grants three,
// whatever wire the payer is on: the answer or the notification says A6, the
// check says three; two delivered leave one, also after everything was closed and
// opened again.
func TestGrantedByEachWire(t *testing.T) {
	t.Parallel()
	for _, payer := range []paPayer{
		{"pas", "2.2.1", "{wire: pas, url: URL, token: env:PLAN_TOKEN}", func(*paJourney) {}},
		{"x12", "2.0.1", "{wire: files, path: FOLDER, format: x12}", (*paJourney).decideByX12},
		{"json", "2.2.1", "", (*paJourney).decideByJSON},
		{"csv", "2.0.1", "", (*paJourney).decideByCSV},
		{"cli", "2.2.1", "", (*paJourney).decideByCLI},
		{"page", "2.0.1", "", (*paJourney).decideByPage},
	} {
		t.Run(payer.name, func(t *testing.T) {
			t.Parallel()
			storetest.EachURL(t, func(t *testing.T, url string) {
				j := newPAJourney(t, url, payer)
				stop := j.start()
				j.enroll()
				j.subscribe()
				answer := j.submit("REQ-1", "H2021", 5)
				if payer.name != "pas" {
					j.says(answer, `"code":"A4"`)
					payer.decide(j)
					answer = j.hear("event-notification")
				}
				j.says(answer, `"code":"A6"`)
				j.granted(answer, payer.version)
				j.left("AUTH-REQ-1-1", 3)
				stop()
				stop = j.start()
				j.want(http.StatusCreated, "clinic", "/v1/messages", "application/json",
					`{"record":"service","line_id":"L1","member_id":"MCD7731","provider_id":"1999900016","code":"H2021","service_date":"2026-03-20","units":2,"authorization_id":"AUTH-REQ-1-1"}`)
				j.left("AUTH-REQ-1-1", 1)
				stop()
			})
		})
	}
}

// A request is pended, and the whole gateway goes down and comes back on the same
// data: the final answer is taken once, told once, and $inquire shows it.
func TestPendedThroughARestart(t *testing.T) {
	t.Parallel()
	payer := paPayer{"pas", "2.2.1", "{wire: pas, url: URL, token: env:PLAN_TOKEN}", nil}
	storetest.EachURL(t, func(t *testing.T, url string) {
		j := newPAJourney(t, url, payer)
		stop := j.start()
		j.enroll()
		id := j.subscribe()
		j.says(j.submit("REQ-1", "T2038", 2), `"code":"A4"`)
		stop()
		stop = j.start()
		final := string(j.plan.Decide(j.plan.Asked()[0]))
		for range 2 {
			j.want(http.StatusOK, "mco", "/fhir/$pas-notification", "application/fhir+json", final)
		}
		j.says(j.hear("event-notification"), `"AUTH-REQ-1-1"`)
		stop()
		stop = j.start()
		defer stop()
		j.want(http.StatusOK, "mco", "/fhir/$pas-notification", "application/fhir+json", final)
		j.says(j.want(http.StatusOK, "clinic", "/fhir/Subscription/"+id+"/$status", "", ""), `"events-since-subscription-start","valueString":"1"`)
		j.says(j.want(http.StatusOK, "clinic", "/fhir/Claim/$inquire", "application/fhir+json", paAsked("REQ-1", "T2038", 2)), `"code":"A1"`)
		j.left("AUTH-REQ-1-1", 2)
		if n := j.heard("event-notification"); n != 1 {
			t.Errorf("told %d times", n)
		}
		if n := len(j.plan.Asked()); n != 1 {
			t.Errorf("the payer was asked %d times", n)
		}
	})
}

// paPayer is a payer on one wire.
type paPayer struct {
	name, version, deliver string
	decide                 func(*paJourney)
}

// paJourney is a clinic that speaks PAS, a payer, and the true gateway between.
type paJourney struct {
	*journey
	plan *demo.PayerServer
	mu   sync.Mutex
	got  []string // notifications
	more chan struct{}
	hook string
}

const paJourneyConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0, decision_wait: %[1]s, subscription_networks: [127.0.0.0/8]}
programs: {packs: [wraparound]}
partners:
  - {id: clinic, name: A clinic, kind: clinic, npi: ["1999900016"], sends: ["fhir/*", "json/*", "csv/*", "x12/*"], pas: {version: %[5]s}}
  - id: mco
    name: A payer
    kind: mco
    identifiers: [{system: http://throughline.example/sid/payer, value: mco-a}]
    payers: [mco-a]
    sends: ["fhir/*", "json/*", "csv/*", "x12/*"]
    receive: [{wire: folder, path: %[3]q, ready: rename, poll: 20ms}]
    x12: {ours: {qualifier: ZZ, id: AGENCY01}, theirs: {qualifier: ZZ, id: PLANMCO}, usage: P, ack_deadline: 1h, missing_ack: hold}
    pas: {version: %[2]s}
%[4]s
  - {id: state, name: The state, kind: state, programs: [wraparound]}
tokens: {clinic: env:CLINIC_TOKEN, mco: env:MCO_TOKEN}
`

func newPAJourney(t *testing.T, url string, payer paPayer) *paJourney {
	t.Helper()
	j := &paJourney{journey: &journey{t: t, dir: t.TempDir(), store: url, env: map[string]string{"CLINIC_TOKEN": "token-of-the-clinic", "MCO_TOKEN": "token-of-the-payer", "PLAN_TOKEN": "token-of-the-plan"}},
		plan: demo.NewPayerServer(strings.Split(payer.version, ",")[0], 3, "token-of-the-plan"), more: make(chan struct{}, 1)}
	server := httptest.NewServer(j.plan)
	t.Cleanup(server.Close)
	hook := httptest.NewServer(j)
	t.Cleanup(hook.Close)
	j.hook = hook.URL + "/hook"
	for _, dir := range []string{"mco/in", "mco/out", "data"} {
		if err := os.MkdirAll(j.at(dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	wait, deliver := "100ms", ""
	version, _, _ := strings.Cut(payer.version, ",")
	if payer.deliver != "" {
		deliver = "    deliver: " + strings.NewReplacer("URL", server.URL+"/fhir", "FOLDER", j.at("mco/in")).Replace(payer.deliver)
	}
	if payer.name == "pas" {
		wait = "20s"
	}
	j.path = j.at("c.yaml")
	if err := os.WriteFile(j.path, fmt.Appendf(nil, paJourneyConfig, wait, payer.version, j.at("mco/out"), deliver, version), 0o600); err != nil {
		t.Fatal(err)
	}
	return j
}

// ServeHTTP is the clinic's endpoint of notifications.
func (j *paJourney) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.got = append(j.got, string(body))
	select {
	case j.more <- struct{}{}:
	default:
	}
}

// hear waits for a notification of a kind.
func (j *paJourney) hear(kind string) (found string) {
	j.t.Helper()
	j.until("a notification "+kind, func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		for _, body := range j.got {
			if strings.Contains(body, kind) {
				found = body
			}
		}
		return found != ""
	})
	return found
}

func (j *paJourney) heard(kind string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, body := range j.got {
		if strings.Contains(body, kind) {
			n++
		}
	}
	return n
}

func (j *paJourney) says(body, want string) {
	j.t.Helper()
	if !strings.Contains(body, want) {
		j.t.Errorf("no %s in\n%s", want, body)
	}
}

// want sends something; a path without a body is read.
func (j *paJourney) want(status int, as, path, media, body string) string {
	j.t.Helper()
	method, tokens := http.MethodPost, map[string]string{"clinic": "token-of-the-clinic", "mco": "token-of-the-payer"}
	if body == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(j.t.Context(), method, j.base+path, strings.NewReader(body))
	if err != nil {
		j.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+tokens[as])
	if body != "" {
		req.Header.Set("Content-Type", media)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		j.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		j.t.Fatal(err)
	}
	if res.StatusCode != status {
		j.t.Fatalf("%s %s: %d, want %d\n%s", method, path, res.StatusCode, status, text)
	}
	return string(text)
}

// subscribe asks to be told, and waits for the handshake.
func (j *paJourney) subscribe() (id string) {
	j.t.Helper()
	body := j.want(http.StatusCreated, "clinic", "/fhir/Subscription", "application/fhir+json", `{"resourceType":"Subscription","status":"requested","reason":"answers",
		"criteria":"http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic","_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"org-identifier=1999900016"}]},
		"channel":{"type":"rest-hook","endpoint":"`+j.hook+`","payload":"application/fhir+json","_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"full-resource"}]}}}`)
	_, after, _ := strings.Cut(body, `"id":"`)
	id, _, _ = strings.Cut(after, `"`)
	j.hear("handshake")
	return id
}

func (j *paJourney) submit(trace, code string, units int) string {
	j.t.Helper()
	return j.want(http.StatusOK, "clinic", "/fhir/Claim/$submit", "application/fhir+json", paAsked(trace, code, units))
}

// granted checks how the answer says that three are authorised, in the way of
// the version.
func (j *paJourney) granted(answer, version string) {
	j.t.Helper()
	_, added, byItem := strings.Cut(answer, `"addItem":[`)
	_, detail, byDetail := strings.Cut(answer, "itemAuthorizedDetail")
	if byItem != (version == "2.2.1") || byDetail == byItem || !strings.Contains(added+detail, `"value":3`) && !strings.Contains(answer, `"value":3`) {
		j.t.Errorf("three are not authorised in the way of %s:\n%s", version, answer)
	}
}

// left checks what the ledger has left of an authorization.
func (j *paJourney) left(number string, want int) {
	j.t.Helper()
	j.says(j.want(http.StatusOK, "mco", "/v1/authorizations/check", "application/json", fmt.Sprintf(`{"authorization_id":%q}`, number)), fmt.Sprintf(`"remaining":%d`, want))
}

func (j *paJourney) decideByJSON() {
	j.want(http.StatusOK, "mco", "/v1/messages", "application/json",
		`{"record":"decision","trace_number":"REQ-1","decided_at":"2026-03-04T09:00:00Z","items":[{"item":1,"action":"A6","units":3,"authorization_id":"AUTH-REQ-1-1","reason":"three are enough for a start"}]}`)
}

func (j *paJourney) decideByCSV() {
	j.want(http.StatusOK, "mco", "/v1/messages?kind=decision", "text/csv",
		"trace_number,decided_at,item,action,authorization_id,units,reason\nREQ-1,2026-03-04T09:00:00Z,1,A6,AUTH-REQ-1-1,3,three are enough for a start\n")
}

// decideByCLI is a reviewer at the payer's work queue.
func (j *paJourney) decideByCLI() {
	j.t.Helper()
	list, err := j.app.queue(j.t.Context(), "mco", false)
	if err != nil || len(list) != 1 {
		j.t.Fatal(list, err)
	}
	var out, errs bytes.Buffer
	c := &cli{in: strings.NewReader(""), out: &out, errs: &errs, dir: j.t.TempDir(), app: j.app}
	code := c.execute(j.t.Context(), []string{"auth", "decide", list[0].ID, "modify", "--partner", "mco", "--seen", fmt.Sprint(list[0].Version), "--item", "1", "--units", "3", "--number", "AUTH-REQ-1-1",
		"--reason", "three are enough for a start", "--basis", "not-necessary", "--reviewer", "R. Okafor", "--credential", "LCSW"})
	if code != exitFine {
		j.t.Fatal(code, out.String(), errs.String())
	}
}

// decideByPage is a reviewer in the payer's console.
func (j *paJourney) decideByPage() {
	j.t.Helper()
	w := &queueWorld{T: j.t, app: j.app}
	list, err := j.app.queue(j.t.Context(), "mco", false)
	if err != nil || len(list) != 1 {
		j.t.Fatal(list, err)
	}
	page := w.console("mco").post("/console/reviews/"+list[0].ID+"/decide", url.Values{"version": {fmt.Sprint(list[0].Version)}, "item": {"1"}, "action.1": {"A6"}, "units.1": {"3"}, "number.1": {"AUTH-REQ-1-1"},
		"words.1": {"three are enough for a start"}, "basis.1": {"not-necessary"}, "reviewer": {"R. Okafor"}, "credential": {"LCSW"}})
	if list, err := j.app.queue(j.t.Context(), "mco", false); err != nil || len(list) != 0 {
		j.t.Fatalf("it still waits: %+v %v\n%s", list, err, page)
	}
}

// decideByX12 is the payer's own system: it reads the 278 in its folder and
// answers it with another.
func (j *paJourney) decideByX12() {
	sent := j.read(j.one("mco/in/*.x12"))
	traces := []string{}
	for _, segment := range strings.Split(string(sent), "~") {
		if segment = strings.TrimSpace(segment); strings.HasPrefix(segment, "TRN*1*") {
			traces = append(traces, "TRN*2*"+strings.TrimPrefix(segment, "TRN*1*"))
		}
	}
	if len(traces) != 2 || !strings.Contains(string(sent), "SV1*HC:H2021**UN*5") && !strings.Contains(string(sent), "*UN*5~") {
		j.t.Fatalf("the payer got\n%s", sent)
	}
	segments := []string{"ST*278*0001*005010X217", "BHT*0007*11*REQ-1*20260304*0902*18", "HL*1**20*1", "NM1*X3*2*PLAN MCO*****PI*mco-a", "HL*2*1*21*1", "NM1*1P*2*CLINIC*****XX*1999900016",
		"HL*3*2*22*1", "NM1*IL*1*SAMPLE*****MI*MCD7731", "HL*4*3*EV*1", traces[0], "UM*HS*I*CQ*12:B", "HCR*A6*AUTH-REQ-1", "DTP*AAH*RD8*20260315-20260914",
		"HL*5*4*SS*0", traces[1], "UM*HS*I*CQ", "HCR*A6*AUTH-REQ-1-1", "DTP*472*RD8*20260315-20260914", "DTP*007*RD8*20260315-20260914", "SV1*HC:H2021**UN*3"}
	segments = append(segments, fmt.Sprintf("SE*%d*0001", len(segments)+1))
	e := wire.Envelope{From: wire.Party{Qualifier: "ZZ", ID: "PLANMCO"}, To: wire.Party{Qualifier: "ZZ", ID: "AGENCY01"}, At: time.Date(2026, 3, 4, 9, 2, 0, 0, time.UTC), Control: 900, GroupControl: 900}
	j.write("mco/out/decision.x12", string(e.Wrap("HI", "005010X217", []byte(strings.Join(segments, "~\n")+"~\n"))))
	j.one(filepath.Join("mco", "answers", "decision.x12.*.999"))
}

// paAsked is a request for one service.
func paAsked(trace, code string, units int) string {
	return fmt.Sprintf(`{"resourceType":"Bundle","type":"collection","identifier":{"system":"urn:test:transaction","value":"T-%[1]s"},"timestamp":"2026-03-03T10:15:00Z","entry":[
	{"fullUrl":"http://clinic.example/fhir/Claim/%[1]s","resource":{"resourceType":"Claim","id":"%[1]s","identifier":[{"system":"urn:test:trace","value":"%[1]s"}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"reference":"Patient/kid"},"created":"2026-03-03","insurer":{"reference":"Organization/plan"},"provider":{"reference":"Organization/us"},"priority":{"coding":[{"code":"normal"}]},"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/cover"}}],
	"item":[{"sequence":1,"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"%[2]s"}]},"servicedPeriod":{"start":"2026-03-15","end":"2026-09-14"},"quantity":{"value":%[3]d}}]}},
	{"fullUrl":"http://clinic.example/fhir/Organization/us","resource":{"resourceType":"Organization","id":"us","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1999900016"}],"name":"Clinic"}},
	{"fullUrl":"http://clinic.example/fhir/Organization/plan","resource":{"resourceType":"Organization","id":"plan","identifier":[{"system":"http://throughline.example/sid/payer","value":"mco-a"}],"name":"Plan"}},
	{"fullUrl":"http://clinic.example/fhir/Coverage/cover","resource":{"resourceType":"Coverage","id":"cover","status":"active","subscriberId":"MCD7731","beneficiary":{"reference":"Patient/kid"},"payor":[{"reference":"Organization/plan"}]}},
	{"fullUrl":"http://clinic.example/fhir/Patient/kid","resource":{"resourceType":"Patient","id":"kid","identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MB"}]},"system":"http://throughline.example/sid/medicaid","value":"MCD7731"}],"name":[{"family":"Sample"}],"birthDate":"2013-05-14","gender":"female"}}]}`, trace, code, units)
}

// A payer whose profile says so is subscribed to by the server itself, once: its
// handshake comes in with the payer's token.
func TestPayerIsSubscribedTo(t *testing.T) {
	payer := paPayer{"pas", "2.2.1, subscribe: true", "{wire: pas, url: URL, token: env:PLAN_TOKEN}", nil}
	storetest.EachURL(t, func(t *testing.T, url string) {
		j := newPAJourney(t, url, payer)
		j.plan.Offers = true
		defer j.start()()
		j.until("a subscription in force", func() bool { return j.plan.InForce() == 1 })
		if n := j.plan.Subscriptions(); n != 1 {
			t.Errorf("subscribed %d times", n)
		}
	})
}

// A clinic asks by X12 278 and looks by FHIR: $inquire answers with what stands,
// also of a request that never was a Bundle.
func TestAskedByX12InquiredByFHIR(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		j := newPAJourney(t, url, paPayer{"json", "2.2.1", "", nil})
		defer j.start()()
		j.enroll()
		segments := []string{"ST*278*0001*005010X217", "BHT*0007*13*REQ-1*20260303*1015", "HL*1**20*1", "NM1*X3*2*PLAN MCO*****PI*mco-a", "HL*2*1*21*1", "NM1*1P*2*CLINIC*****XX*1999900016",
			"HL*3*2*22*1", "NM1*IL*1*SAMPLE*****MI*MCD7731", "HL*4*3*EV*1", "TRN*1*REQ-1*9AGENCY001", "UM*HS*I*CQ*12:B", "DTP*AAH*RD8*20260315-20260914", "HI*ABK:F913",
			"HL*5*4*SS*0", "TRN*1*REQ-1-1*9AGENCY001", "UM*HS*I*CQ", "DTP*472*RD8*20260315-20260914", "SV1*HC:H2021**UN*5"}
		segments = append(segments, fmt.Sprintf("SE*%d*0001", len(segments)+1))
		e := wire.Envelope{From: wire.Party{Qualifier: "ZZ", ID: "AGENCY01"}, To: wire.Party{Qualifier: "ZZ", ID: "PLANMCO"}, At: time.Date(2026, 3, 3, 10, 15, 0, 0, time.UTC), Control: 101, GroupControl: 101}
		m := &gateway.Message{Partner: "clinic", Channel: "x12", Kind: "x12/278", Key: "278", Body: e.Wrap("HI", "005010X217", []byte(strings.Join(segments, "~\n")+"~\n"))}
		if r, err := j.app.Receive(t.Context(), m, acknowledged); err != nil || r.State != gateway.Accepted {
			t.Fatal(r, err)
		}
		j.decideByJSON()
		asked := j.want(http.StatusOK, "clinic", "/fhir/Claim/$inquire", "application/fhir+json", paAsked("REQ-1", "H2021", 5))
		j.says(asked, `"code":"A6"`)
		j.granted(asked, "2.2.1")
		j.left("AUTH-REQ-1-1", 3)
	})
}
