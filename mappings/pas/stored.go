package pas

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/fhirin"
)

// Kept is what an authorization as it stands means to the store: its one
// ClaimResponse, which belongs to the payer, and the ledger's authorizations.
// payers are the ids by which the ledger knows the payer.
func Kept(a *gateway.Authorization, payers []string) gateway.Mapped {
	to := refs{patient: fhir.Obj("reference", a.Patient), insurer: logical(insurer(a, payers)), requestor: logical(first(a.Provider)),
		request: fhir.Obj("reference", a.Claim, "identifier", identifier(a.Latest().Trace))}
	r, issues := claimResponse(a, V221, to, nil).Resource()
	if r == nil {
		return gateway.Mapped{Issues: issues}
	}
	out := gateway.Mapped{Changes: []gateway.Change{{Op: gateway.Upsert, Type: r.Type, Key: gateway.Identifier{System: System, Value: a.ID},
		FullURL: "urn:throughline:claim-response:" + a.ID, Resource: r, Owner: a.Payer}}}
	if a.State() == gateway.AuthWaiting && !answered(a) {
		return out // nothing the ledger has to know
	}
	claim, _ := asked(a).Resource()
	known := fhirin.Decided(&gateway.Partner{ID: a.Payer}, r, claim)
	out.Facts, out.Relations = gateway.Facts{Auths: withdrawn(a, known.Facts.Auths)}, known.Relations
	return out
}

func answered(a *gateway.Authorization) bool {
	return slices.ContainsFunc(a.Items, func(i gateway.AuthItem) bool { return len(i.Answers) > 0 }) || len(a.Added) > 0
}

// asked is the request as a Claim, to read the decision beside.
func asked(a *gateway.Authorization) fhir.Object {
	var items fhir.List
	for _, i := range a.Items {
		o := fhir.Obj("sequence", i.Sequence, "productOrService", coded(i.Asked.Code), "modifier", modifiers(i.Asked.Modifiers))
		if i.Asked.Units != "" {
			o = o.With("quantity", fhir.Obj("value", fhir.Number(i.Asked.Units), "unit", i.Asked.Unit))
		}
		if i.Asked.Start != "" {
			o = o.With("servicedPeriod", fhir.Obj("start", i.Asked.Start, "end", i.Asked.End))
		}
		items = append(items, o)
	}
	return fhir.Obj("resourceType", "Claim", "item", items)
}

// withdrawn dates the facts by their decisions, so that the ledger's choice
// between versions does not depend on the order of arrival, and takes back the
// numbers that a later decision on the same item has replaced.
func withdrawn(a *gateway.Authorization, facts []gateway.AuthFact) (out []gateway.AuthFact) {
	standing := standings(a)
	for _, f := range facts {
		item := standing[f.Auth.ID]
		if item == nil {
			continue // nothing is decided on it
		}
		f.Auth.Received = since(item)
		out = append(out, f)
		for _, old := range item.Answers {
			if old.Number == "" || standing[old.Number] != nil {
				continue
			}
			gone := f
			gone.Auth.ID, gone.Auth.Status = old.Number, ledger.Cancelled
			out = append(out, gone)
		}
	}
	return out
}

// since dates what stands on an item: by the latest of all its answers, and past
// every version of fewer answers, so that a late answer to an older revision
// cannot outlive the one that stands.
func since(item *gateway.AuthItem) ledger.Stamp {
	latest := item.Standing().At
	for _, a := range item.Answers {
		if a.At.After(latest) {
			latest = a.At
		}
	}
	return ledger.StampOf(latest) + ledger.Stamp(len(item.Answers))
}

// standings are the items with an answer in force by every id that the ledger
// may know them by: their number, or the trace number, apart by sequence where
// several share one.
func standings(a *gateway.Authorization) map[string]*gateway.AuthItem {
	out := map[string]*gateway.AuthItem{}
	for _, items := range [][]gateway.AuthItem{a.Items, a.Added} {
		for n := range items {
			i := &items[n]
			s := i.Standing()
			if s == nil {
				continue
			}
			id := cmp.Or(s.Number, a.Latest().Trace.Value)
			if i.Sequence == 0 && s.Number == "" {
				id += "#added" + strconv.Itoa(n+1)
			}
			if out[id] == nil {
				out[id] = i
			}
			out[id+"#"+strconv.Itoa(i.Sequence)] = i
		}
	}
	return out
}

func logical(id gateway.Identifier) fhir.Object {
	return fhir.Obj("type", "Organization", "identifier", identifier(id))
}

// insurer is the payer as the ledger knows it: the id of its enrollments, where
// that is clear.
func insurer(a *gateway.Authorization, payers []string) gateway.Identifier {
	for _, id := range a.Insurer {
		if slices.Contains(payers, id.Value) {
			return id
		}
	}
	if len(payers) == 1 {
		return gateway.Identifier{System: codes.Payer, Value: payers[0]}
	}
	return first(a.Insurer)
}
