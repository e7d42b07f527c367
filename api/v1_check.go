package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// maxQuestions bounds one request.
const maxQuestions = 100

// question is one thing asked of /v1/authorizations/check.
type question struct {
	AuthorizationID string         `json:"authorization_id"`
	Source          string         `json:"source"` // partner that sent the authorization; empty = any
	MemberID        string         `json:"member_id"`
	MemberSystem    string         `json:"member_system"`
	Code            string         `json:"code"`
	Modifiers       string         `json:"modifiers"`
	ProviderID      string         `json:"provider_id"`
	ServiceDate     string         `json:"service_date"`
	Units           jsontext.Value `json:"units"`
	Unit            string         `json:"unit"`
}

// checkAnswer is the answer to one question. Its fields are the same whether the
// child is unknown, another's, or known and not covered.
type checkAnswer struct {
	Answer         string        `json:"answer"`
	Code           string        `json:"code"`
	Reason         string        `json:"reason"`
	ServiceDate    string        `json:"service_date"`
	UnitsAvailable int64         `json:"units_available"`
	UnitsNeeded    int64         `json:"units_needed"`
	SameAs         string        `json:"same_as,omitempty"`
	AsOf           string        `json:"as_of"`
	Authorizations []checkedAuth `json:"authorizations"`
}

// checkedAuth is the evidence: one authorization after all services known.
type checkedAuth struct {
	ID         string     `json:"authorization_id"`
	Source     string     `json:"source"`
	Payer      string     `json:"payer,omitempty"`
	Program    string     `json:"program,omitempty"`
	ProviderID string     `json:"provider_id,omitempty"`
	Code       string     `json:"code"`
	Modifiers  string     `json:"modifiers,omitempty"`
	Unit       string     `json:"unit,omitempty"`
	Start      string     `json:"start"`
	End        string     `json:"end,omitempty"`
	Status     string     `json:"status"`
	Approved   int64      `json:"approved"`
	Used       int64      `json:"used"`
	Pending    int64      `json:"pending"`
	Reason     string     `json:"reason,omitempty"` // continued_benefits: an open appeal keeps it alive
	Continues  string     `json:"continues,omitempty"`
	Appeal     string     `json:"appeal_id,omitempty"`
	Remaining  int64      `json:"remaining"`
	Cap        *capWindow `json:"cap,omitempty"`
	ReceivedAt string     `json:"received_at,omitempty"`
	AgeDays    *int64     `json:"age_days,omitempty"`
}

// capWindow is what is left of a cap in the window of the service date.
type capWindow struct {
	Period string `json:"period"`
	Units  int64  `json:"units"`
	Left   int64  `json:"left"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// checkAuthorization is POST /v1/authorizations/check: is it covered, and how
// many units are left? One question gives one answer, a list gives a list.
func (a *API) checkAuthorization(ctx context.Context, c *call) (*reply, error) {
	list, many, err := questionsOf(c.body)
	if err != nil {
		return nil, err
	}
	answers := make([]checkAnswer, 0, len(list))
	for i := range list {
		q, err := list[i].law()
		if err != nil {
			return nil, at(err, i, many)
		}
		ans, err := a.check(ctx, c, &list[i], q)
		if err != nil {
			return nil, err
		}
		answers = append(answers, ans)
	}
	if err := a.audit(ctx, c, "", access.Event{Shown: evidence(answers)}); err != nil {
		return nil, err
	}
	var body []byte
	if many {
		body = mustJSON(map[string]any{"answers": answers})
	} else {
		body = mustJSON(answers[0])
	}
	return &reply{status: http.StatusOK, media: mediaJSON, body: body}, nil
}

// check settles the child's case as it is now. A child that is unknown or not
// the caller's is settled too, as a case with nothing in it.
func (a *API) check(ctx context.Context, c *call, q *question, law ledger.Question) (checkAnswer, error) {
	var (
		found *ledger.Case
		err   error
	)
	if q.MemberID != "" {
		system := q.MemberSystem
		if system == "" {
			system = c.who.Partner.MemberSystem
		}
		found, err = a.Cases.CaseOf(ctx, c.caller(), gateway.Identifier{System: system, Value: q.MemberID})
	} else {
		found, err = a.Cases.CaseOfAuth(ctx, c.caller(), law.Auth)
	}
	if err != nil {
		switch gateway.FaultOf(err).Code {
		case gateway.NotFound:
			found = &ledger.Case{}
		case gateway.Mismatch:
			return checkAnswer{}, invalid("source", "an authorization number that several partners use", "the partner that sent it", "add source")
		default:
			return checkAnswer{}, err
		}
	}
	today := ledger.DayOf(a.Now().In(a.zone()))
	s := a.settlers.Get().(*ledger.Settler)
	ans := a.worded(s.Check(found, law, today), today)
	a.settlers.Put(s)
	return ans, nil
}

// zone is the program's.
func (a *API) zone() *time.Location {
	if a.Rules != nil && a.Rules.Zone != nil {
		return a.Rules.Zone
	}
	return time.UTC
}

func (a *API) worded(in ledger.Answer, today ledger.Day) checkAnswer {
	out := checkAnswer{Answer: string(in.Verdict), Code: string(in.ReasonCode), Reason: in.Reason, ServiceDate: in.Date.String(),
		UnitsAvailable: in.Units, UnitsNeeded: in.Needed, SameAs: in.SameAs, AsOf: today.String(), Authorizations: []checkedAuth{}}
	for _, st := range in.Auths {
		auth := checkedAuth{ID: st.Key.ID, Source: st.Key.Partner, Payer: st.Payer, Program: st.Program, ProviderID: st.Provider,
			Code: st.Code, Modifiers: st.Modifiers, Unit: st.Unit, Start: st.Start.String(), End: st.End.String(), Status: string(st.Status),
			Approved: st.Approved, Used: st.Used, Pending: st.Pending, Remaining: st.Remaining}
		if st.Continues.ID != "" {
			auth.Reason, auth.Continues, auth.Appeal = ledger.ContinuedBenefits, st.Continues.ID, st.Appeal
		}
		if st.CapPeriod != ledger.NoCap {
			auth.Cap = &capWindow{string(st.CapPeriod), st.CapUnits, st.CapLeft, st.WindowStart.String(), st.WindowEnd.String()}
		}
		if st.Received != 0 {
			at := time.UnixMicro(int64(st.Received)).UTC()
			days := int64(a.Now().Sub(at) / (24 * time.Hour))
			auth.ReceivedAt, auth.AgeDays = at.Format(time.RFC3339), &days
		}
		out.Authorizations = append(out.Authorizations, auth)
	}
	return out
}

// evidence lists the authorizations that were shown.
func evidence(answers []checkAnswer) []string {
	var out []string
	for _, ans := range answers {
		for _, auth := range ans.Authorizations {
			out = append(out, "authorization/"+auth.Source+"/"+auth.ID)
		}
	}
	return out
}

// questionsOf reads one question, or {"questions": [...]}.
func questionsOf(body []byte) (list []question, many bool, err error) {
	var wrapped struct {
		Questions []question `json:"questions"`
	}
	if many = member(body, "questions"); many {
		err = json.Unmarshal(body, &wrapped, json.RejectUnknownMembers(true))
	} else {
		wrapped.Questions = make([]question, 1)
		err = json.Unmarshal(body, &wrapped.Questions[0], json.RejectUnknownMembers(true))
	}
	if err != nil {
		return nil, many, badJSON(err)
	}
	if n := len(wrapped.Questions); n == 0 || n > maxQuestions {
		return nil, many, malformed("questions", fmt.Sprintf("%d questions", n), fmt.Sprintf("1 to %d", maxQuestions), "ask in several requests")
	}
	return wrapped.Questions, many, nil
}

// law turns a question into the ledger's terms.
func (q *question) law() (ledger.Question, error) {
	out := ledger.Question{Auth: ledger.AuthKey{Partner: q.Source, ID: q.AuthorizationID}, Provider: q.ProviderID, Code: q.Code,
		Modifiers: q.Modifiers, Date: ledger.NoDay, Unit: q.Unit}
	if q.AuthorizationID == "" && (q.MemberID == "" || q.Code == "" || q.ServiceDate == "") {
		return out, invalid("", "neither an authorization nor a member with a service",
			"authorization_id, or member_id with code and service_date", "add what is missing")
	}
	if q.ServiceDate != "" {
		d, err := ledger.ParseDay(q.ServiceDate)
		if err != nil {
			return out, invalid("service_date", "no calendar date", "YYYY-MM-DD", "write the date as 2026-11-30")
		}
		out.Date = d
	}
	if units := string(bytes.Trim(q.Units, `"`)); units != "" && units != "null" {
		d, err := ledger.ParseDecimal(units)
		if err != nil || d.Coef <= 0 {
			return out, invalid("units", "no quantity", "a number above zero with at most 6 decimals, such as 4 or \"2.5\"", "send the number of units")
		}
		out.Units = d
	}
	return out, nil
}

// invalid is a request that can be read and not accepted: 422.
func invalid(path, found, allowed, fix string) error {
	return gateway.Faultf("api", gateway.Invalid, issue(fhir.CodeValue, path, found, allowed, fix))
}

// at adds the place in the list to the issues of a question.
func at(err error, i int, many bool) error {
	f := gateway.FaultOf(err)
	for n := range f.Issues {
		if many {
			f.Issues[n].Where = fmt.Sprintf("questions[%d]", i)
		}
	}
	return f
}

// badJSON says where a request breaks off, without showing any of it.
func badJSON(err error) error {
	path := ""
	if s, ok := errors.AsType[*json.SemanticError](err); ok {
		path = string(s.JSONPointer)
	}
	return malformed(path, "JSON that is not this request", "the fields described in /v1/openapi.yaml, each once, of the type stated", "compare it with the example there")
}

// checkByURL is GET /v1/authorizations/check: the same question by authorization
// number only. A member's id must never be part of a URL, which ends up in logs
// and histories (45 CFR 164.312): such a question is refused, and POST takes it.
func (a *API) checkByURL(ctx context.Context, c *call) (*reply, error) {
	values, err := c.values()
	if err != nil {
		return nil, err
	}
	q := question{}
	for name, into := range map[string]*string{"authorization_id": &q.AuthorizationID, "source": &q.Source, "service_date": &q.ServiceDate, "unit": &q.Unit} {
		*into = values.Get(name)
		values.Del(name)
	}
	q.Units = jsontext.Value(values.Get("units"))
	values.Del("units")
	if len(values) > 0 {
		return nil, malformed("", "a parameter that this question does not take", "authorization_id, source, service_date, units, unit",
			"POST a question about a member: member ids must not be part of a URL")
	}
	if q.AuthorizationID == "" {
		return nil, malformed("authorization_id", "no authorization number", "authorization_id", "name it; POST a question about a member")
	}
	law, err := q.law()
	if err != nil {
		return nil, err
	}
	ans, err := a.check(ctx, c, &q, law)
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, c, "", access.Event{Shown: evidence([]checkAnswer{ans})}); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, media: mediaJSON, body: mustJSON(ans)}, nil
}
