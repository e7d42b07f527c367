package store

import (
	"context"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// maxFound bounds the answer to one question.
const maxFound = 200

// FindAuthorizations answers a question, the newest first. Who may see an answer
// is part of the query: the requester, the payer, and another who names the
// member and the NPI that the request was made with (Da Vinci PAS). What others
// asked can neither be told from what is absent nor crowd out what fits. A
// question with more than 200 answers is refused.
func (s *Store) FindAuthorizations(ctx context.Context, c gateway.Caller, q gateway.AuthQuestion) (out []gateway.Authorization, err error) {
	people, err := s.membersAsked(ctx, c, q)
	if err != nil || len(people) == 0 {
		return nil, err
	}
	var args []any
	where := "p.person in (" + bindAll(&args, people) + ") and p.payer = " + bind(&args, string(q.Payer)) + " and " + mayAsk(c, q, &args)
	switch {
	case len(q.Numbers) > 0:
		where += " and " + namedOne("number", q.Numbers, &args)
	case len(q.Traces) > 0:
		where += " and " + traced(q.Traces, &args)
	}
	rows, err := s.reading().query(ctx, "select p.doc from prior_auth p where "+where+" order by p.created_at desc, p.id", args...)
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachAuth(rows, func(a *gateway.Authorization) {
		if q.Fits(a) {
			out = append(out, *a)
		}
	})
	if err == nil && len(out) > maxFound {
		return nil, gateway.Faultf("authorizations", gateway.Invalid, fhir.Issue{Severity: fhir.Error, Code: "too-costly", Path: "Claim", Found: "a question that more than 200 authorizations answer",
			Allowed: "questions with up to 200 answers", Fix: "name the trace number, the authorization number, a service or its dates"})
	}
	return out, s.worded(err)
}

// mayAsk is the condition that the caller may see the authorization p.
func mayAsk(c gateway.Caller, q gateway.AuthQuestion, args *[]any) string {
	var npis, members []string
	for _, id := range q.Provider {
		if id.System == gateway.NPI || id.System == "" {
			npis = append(npis, id.Value)
		}
	}
	for _, id := range q.Members {
		members = append(members, id.Value)
	}
	return "(" + bind(args, string(c.Partner)) + " in (p.requester, p.payer) or " + namedOne("npi", npis, args) + " and " + namedOne("member", members, args) + ")"
}

// namedOne is the condition that the authorization p has one of the names of a
// kind, as its payer knows it.
func namedOne(kind string, values []string, args *[]any) string {
	clipped := make([]string, len(values))
	for i, v := range values {
		clipped[i] = clip(v)
	}
	if len(clipped) == 0 {
		return "1 = 0"
	}
	return "exists (select 1 from prior_auth_name n where n.kind = '" + kind + "' and n.owner = p.payer and n.value in (" + bindAll(args, clipped) + ") and n.id = p.id)"
}

// traced is the condition that a submission of the authorization p had one of
// the trace numbers; an empty system fits any.
func traced(traces []gateway.Identifier, args *[]any) string {
	ors := make([]string, len(traces))
	for i, t := range traces {
		ors[i] = "n.value = " + bind(args, clip(t.Value))
		if t.System != "" {
			ors[i] += " and n.system in ('', " + bind(args, clip(t.System)) + ")"
		}
	}
	return "exists (select 1 from prior_auth_name n where n.kind = 'trace' and n.owner = p.payer and n.id = p.id and (" + strings.Join(ors, " or ") + "))"
}

// membersAsked are the persons by the ids of a question, as the caller knows
// them.
func (s *Store) membersAsked(ctx context.Context, c gateway.Caller, q gateway.AuthQuestion) ([]string, error) {
	ids := make([]gateway.Identifier, len(q.Members))
	for i, id := range q.Members {
		ids[i] = s.xref(c.Partner, id)
	}
	var people []string
	for _, id := range ids {
		var person string
		err := s.reading().row(ctx, "select person from patient_xref where system = $1 and value = $2", id.System, id.Value).Scan(&person)
		if err != nil && !noRows(err) {
			return nil, s.worded(err)
		}
		if err == nil && !slices.Contains(people, person) {
			people = append(people, person)
		}
	}
	return people, nil
}
