package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/pas"
)

// authorizing is a prior authorization that a message changes: it is locked
// until the end of the transaction, so a cancellation and a decision that meet go
// one after the other.
type authorizing struct {
	was    *gateway.Authorization // nil: new
	next   *gateway.Authorization
	person string
	sub    *gateway.Submission // nil: a decision
	change int                 // index of its ClaimResponse among the changes
}

// authorize applies the submission or the decisions of the message to the
// authorizations they are about. What follows from them, the ClaimResponse, the
// ledger's facts and relations, is written with the other changes.
func (a *applying) authorize(ctx context.Context) error {
	m := a.r.Mapped
	if m.Submission == nil && len(m.Decisions) == 0 {
		return nil
	}
	again := *a.r
	again.Mapped.Changes = slices.Clone(m.Changes)
	again.Mapped.Facts.Auths = slices.Clone(m.Facts.Auths)
	again.Mapped.Relations = slices.Clone(m.Relations)
	a.r = &again
	if m.Submission != nil {
		if err := a.submit(ctx, m.Submission); err != nil {
			return err
		}
	}
	var replaced []int
	for i := range m.Decisions {
		matched, err := a.decideOn(ctx, &m.Decisions[i])
		if err != nil {
			return err
		}
		if matched && m.Decisions[i].Change > 0 {
			replaced = append(replaced, m.Decisions[i].Change-1)
		}
	}
	a.replace(replaced)
	return nil
}

// replace takes out what the payer's own ClaimResponses would have become: the
// authorization's one ClaimResponse stands for them.
func (a *applying) replace(changes []int) {
	mapped := &a.r.Mapped
	for _, n := range slices.Backward(changes) {
		numbers := map[string]bool{}
		for _, au := range a.auths {
			for _, number := range au.next.Numbers() {
				numbers[number] = true
			}
			if au.change > n {
				au.change--
			}
		}
		own := len(mapped.Facts.Auths) - a.ownFacts
		kept := slices.DeleteFunc(slices.Clone(mapped.Facts.Auths[:own]), func(f gateway.AuthFact) bool { return numbers[f.Auth.ID] })
		mapped.Facts.Auths = append(kept, mapped.Facts.Auths[own:]...)
		mapped.Changes = slices.Delete(mapped.Changes, n, n+1)
	}
}

// submit makes or revises the authorization of a submission.
func (a *applying) submit(ctx context.Context, s *gateway.Submission) error {
	was, person, err := a.priorOf(ctx, s)
	if err != nil {
		return err
	}
	if was != nil && slices.ContainsFunc(was.Revisions, func(r gateway.Revision) bool { return r.Message == a.r.Message.ID }) {
		return nil // a replay: it is in already
	}
	next, err := gateway.Revise(was, s, a.r.Message)
	if err != nil {
		return err
	}
	if was == nil {
		next.ID = newID(randomBucket())
	}
	return a.plan(&authorizing{was: was, next: next, person: person, sub: s})
}

// priorOf finds and locks the request that a submission changes; nil for a new
// one.
func (a *applying) priorOf(ctx context.Context, s *gateway.Submission) (*gateway.Authorization, string, error) {
	if !s.Update {
		return nil, "", nil
	}
	names := []authName{{"trace", string(a.caller.Partner), s.Trace.Value, s.Trace.System}}
	if s.Prior != nil {
		names = []authName{{"trace", string(a.caller.Partner), s.Prior.Trace.Value, s.Prior.Trace.System}, {"claim", string(a.caller.Partner), s.Prior.Claim, ""},
			{"number", string(s.Payer), s.Prior.Trace.Value, ""}} // X12 278 names what it changes by the payer's number (REF*BB)
	}
	for _, n := range names {
		if n.value == "" {
			continue
		}
		ids, err := authIDs(ctx, a.t, n)
		if err != nil {
			return nil, "", err
		}
		if len(ids) > 0 {
			return a.lockAuth(ctx, ids[len(ids)-1])
		}
	}
	return nil, "", nil
}

// decideOn applies a decision of the sender, if it is about a request to it.
func (a *applying) decideOn(ctx context.Context, d *gateway.Decision) (matched bool, err error) {
	ids, err := authIDs(ctx, a.t, authName{"trace", string(a.caller.Partner), d.Trace.Value, d.Trace.System})
	if err != nil {
		return false, err
	}
	switch {
	case len(ids) == 0 && !d.Must:
		return false, nil
	case len(ids) == 0:
		return false, gateway.Faultf("decide", gateway.NotFound, fhir.Issue{Code: "not-found", Path: "ClaimResponse.identifier", Found: "a trace number of no request to you",
			Allowed: "the trace number of a request, as it was sent", Fix: "check the trace number"})
	case len(ids) > 1:
		return false, mismatch("ClaimResponse.identifier", "a trace number that several requesters have used", "name its system too")
	}
	au := a.pending(ids[0])
	if au == nil {
		was, person, err := a.lockAuth(ctx, ids[0])
		if err != nil {
			return false, err
		}
		au = &authorizing{was: was, next: was, person: person}
	}
	revision := au.next.RevisionOf(d)
	if revision == 0 {
		return false, gateway.Faultf("decide", gateway.NotFound, fhir.Issue{Code: "not-found", Path: "revision", Found: "a revision the request does not have", Fix: "check the revision"})
	}
	next, changed, err := gateway.Decide(au.next, d, revision)
	if err != nil || !changed {
		return err == nil, err
	}
	au.next = next
	return true, a.plan(au)
}

// pending finds an authorization that this message has changed already.
func (a *applying) pending(id string) *authorizing {
	for _, au := range a.auths {
		if au.next.ID == id {
			return au
		}
	}
	return nil
}

// plan adds what an authorization means, as it will stand, to the message.
func (a *applying) plan(au *authorizing) error {
	kept := pas.Kept(au.next, a.payerIDs(au.next.Payer))
	if kept.Issues.Errors() {
		return &gateway.Fault{Op: "authorize", Code: gateway.Internal, Issues: kept.Issues}
	}
	mapped := &a.r.Mapped
	if au.sub == nil { // the references are ours, and the payer need not see what they name
		a.byRef[au.next.Patient] = au.person
		a.foreign[au.next.Patient], a.foreign[au.next.Claim] = au.next.Patient, au.next.Claim
		mapped.Facts.Auths = append(mapped.Facts.Auths, kept.Facts.Auths...) // only the payer's word gives units
		a.ownFacts += len(kept.Facts.Auths)
		mapped.Relations = append(mapped.Relations, kept.Relations...)
	}
	if a.pending(au.next.ID) != nil {
		mapped.Changes[au.change] = kept.Changes[0]
		return nil
	}
	au.change = len(mapped.Changes)
	mapped.Changes = append(mapped.Changes, kept.Changes[0])
	a.auths = append(a.auths, au)
	return nil
}

// payerIDs are the ids of the payers a partner answers for.
func (a *applying) payerIDs(p gateway.PartnerID) (out []string) {
	for _, scope := range a.s.Policy.Caller(p).Scopes {
		if id, ok := strings.CutPrefix(scope, gateway.ScopePayer("")); ok {
			out = append(out, id)
		}
	}
	return out
}

// authorized writes the authorizations after everything they refer to has its
// id.
func (a *applying) authorized(ctx context.Context) error {
	for _, au := range a.auths {
		if err := a.putAuth(ctx, au); err != nil {
			return err
		}
	}
	return nil
}

func (a *applying) putAuth(ctx context.Context, au *authorizing) error {
	next := au.next
	if au.sub != nil {
		next.Patient, next.Claim = a.resolve(au.sub.Patient), a.resolve(au.sub.Claim)
		au.person = cmp.Or(a.byRef[au.sub.Patient], au.person)
		if err := a.enrolled(ctx, au); err != nil {
			return err
		}
	}
	next.Response = "ClaimResponse/" + a.plans[au.change].id
	next.Version++
	doc, err := json.Marshal(next)
	if err != nil {
		return err
	}
	a.t.put(`insert into prior_auth (id, version, requester, payer, person, state, created_at, updated_at, seq, doc) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (id) do update set version = excluded.version, state = excluded.state, updated_at = excluded.updated_at, seq = excluded.seq, doc = excluded.doc`,
		next.ID, next.Version, string(next.Requester), string(next.Payer), au.person, string(next.State()), next.Created.UnixMicro(), next.Updated.UnixMicro(), a.seq, string(doc))
	a.t.put("insert into prior_auth_version (id, version, message, at, doc) values ($1, $2, $3, $4, $5)", next.ID, next.Version, string(a.r.Message.ID), a.now.UnixMicro(), string(doc))
	a.nameAuth(au)
	a.authorizations = append(a.authorizations, next.ID)
	if au.sub != nil {
		a.payer = next.Payer
		return nil
	}
	if !gateway.News(au.was, next) {
		return nil
	}
	return a.notify(ctx, au)
}

// nameAuth keeps the names by which an authorization is found.
func (a *applying) nameAuth(au *authorizing) {
	next := au.next
	put := func(n authName) {
		a.t.put("insert into prior_auth_name (kind, owner, value, system, id) values ($1, $2, $3, $4, $5) on conflict do nothing", n.kind, n.owner, clip(n.value), clip(n.system), next.ID)
	}
	if au.sub != nil {
		r := next.Latest()
		put(authName{"trace", string(next.Requester), r.Trace.Value, r.Trace.System})
		put(authName{"trace", string(next.Payer), r.Trace.Value, r.Trace.System})
		put(authName{"claim", string(next.Requester), r.Claim, ""})
		for _, id := range next.MemberIDs {
			put(authName{"member", string(next.Payer), id.Value, id.System})
		}
		for _, id := range next.Provider {
			if id.System == gateway.NPI {
				put(authName{"npi", string(next.Payer), id.Value, id.System})
			}
		}
		return
	}
	for _, number := range next.Numbers() {
		put(authName{"number", string(next.Payer), number, ""})
	}
	for i := range next.Asks {
		for _, id := range next.Asks[i].Numbers() {
			put(authName{"tracking", string(next.Payer), id.Value, id.System})
		}
	}
}

// enrolled refuses a request about a child that nobody who may say so has
// enrolled with the payer in the days of service.
func (a *applying) enrolled(ctx context.Context, au *authorizing) error {
	if au.was != nil {
		return nil
	}
	var scopes []string
	for _, id := range a.payerIDs(au.next.Payer) {
		scopes = append(scopes, gateway.ScopePayer(id))
	}
	start, _ := ledger.ParseDay(au.sub.Start)
	end, err := ledger.ParseDay(au.sub.End)
	if err != nil {
		end = start
	}
	args := []any{au.person}
	rows, err := a.t.query(ctx, "select scope, sender, ref from relation where person = $1 and why = 'enrollment' and scope in ("+bindAll(&args, append(scopes, ""))+
		") and lo <= "+bind(&args, int64(end))+" and hi >= "+bind(&args, int64(start))+" and hi >= lo", args...)
	if err != nil {
		return err
	}
	ok := false
	err = eachRow(rows, func() error {
		var sender string
		rel := gateway.Relation{Why: "enrollment"}
		if err := rows.Scan(&rel.Scope, &sender, &rel.Ref); err != nil {
			return err
		}
		ok = ok || a.s.Policy.Authority(gateway.PartnerID(sender), rel)
		return nil
	})
	if err == nil && !ok {
		err = gateway.Faultf("pas", gateway.Invalid, fhir.Issue{Code: "business-rule", Path: "Claim.patient", Found: "a member who is not enrolled with this payer on these dates",
			Allowed: "members whose enrollment the payer or the state has sent", Fix: "check the member id, the payer and the dates of service"})
	}
	return err
}

// authName is a name of an authorization.
type authName struct{ kind, owner, value, system string }

// authIDs finds authorizations by a name, oldest first; an empty system fits any.
func authIDs(ctx context.Context, q queryer, n authName) (ids []string, err error) {
	rows, err := q.query(ctx, `select distinct p.id, p.created_at from prior_auth_name n join prior_auth p on p.id = n.id
		where n.kind = $1 and n.owner = $2 and n.value = $3 and ($4 = '' or n.system = $4) order by p.created_at, p.id`, n.kind, n.owner, clip(n.value), clip(n.system))
	if err != nil {
		return nil, err
	}
	var id string
	var at int64
	return ids, eachRow(rows, func() error {
		err := rows.Scan(&id, &at)
		ids = append(ids, id)
		return err
	})
}

// lockAuth reads an authorization and locks it until the end of the transaction.
func (a *applying) lockAuth(ctx context.Context, id string) (*gateway.Authorization, string, error) {
	var doc, person string
	err := a.t.row(ctx, "select doc, person from prior_auth where id = $1"+a.s.dialect.forUpdate(), id).Scan(&doc, &person)
	if err != nil {
		return nil, "", err
	}
	auth, err := readAuth(doc)
	return auth, person, err
}

func readAuth(doc string) (*gateway.Authorization, error) {
	var a gateway.Authorization
	if err := json.Unmarshal([]byte(doc), &a); err != nil {
		return nil, err
	}
	return &a, nil
}
