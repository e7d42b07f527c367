package pas

import (
	"bytes"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Request is the Bundle that Claim/$submit of a payer gets: the Claim first, and
// all it refers to. The resources are those of one delivery; a reference to one
// that is not among them means that the payer may not see it, and the request is
// not sent without it. key names the transaction.
func Request(rs []*fhir.Resource, key string) ([]byte, error) {
	urls := map[string]string{}
	for _, r := range rs {
		if r != nil {
			urls[string(r.Ref())] = named("pas", string(r.Ref()))
		}
	}
	var missing []string
	rewrite := func(v string) string {
		ref, _, _ := strings.Cut(v, "/_history/")
		if url := urls[ref]; url != "" {
			return url
		}
		if typ, _, _, _ := fhir.ParseRef(v); typ != "" {
			missing = append(missing, typ)
		}
		return v
	}
	var claims, others fhir.List
	at := time.Time{}
	for _, r := range rs {
		if r == nil || r.Type == "ClaimResponse" {
			continue
		}
		known := len(missing)
		out := withUnits(r).Stamp(r.ID, 1, moment(r.Get("meta", "lastUpdated").Text()), rewrite)
		entry := fhir.Obj("fullUrl", urls[string(r.Ref())], "resource", out)
		if r.Type != "Claim" {
			others = append(others, entry)
			continue
		}
		if len(claims) > 0 {
			missing = missing[:known] // the prior of a prior need not come along
		} else {
			at = moment(r.Get("meta", "lastUpdated").Text())
		}
		claims = append(claims, entry)
	}
	if len(claims) == 0 {
		return nil, gateway.Faultf("render", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "a delivery without a Claim", Fix: "send it to this partner by another wire"})
	}
	if len(missing) > 0 {
		return nil, gateway.Faultf("render", gateway.Denied, fhir.Issue{Code: "forbidden", Found: "a request with a " + missing[0] + " that the payer may not see",
			Allowed: "requests of which the payer may see everything", Fix: "get the family's consent on file, or let the requester leave it out"})
	}
	return fhir.Obj("resourceType", "Bundle", "meta", fhir.Obj("profile", fhir.List{profile + "pas-request-bundle"}),
		"identifier", fhir.Obj("system", "urn:throughline:delivery", "value", key), "type", "collection", "timestamp", stamp(at),
		"entry", append(claims, others...)).JSON(), nil
}

// withUnits gives the quantities of a Claim's items the plain unit where the
// sender left it out: PASQuantity needs one.
func withUnits(r *fhir.Resource) *fhir.Resource {
	if r.Type != "Claim" {
		return r
	}
	base, _ := r.Root().Offset()
	var out bytes.Buffer
	last := 0
	for _, item := range r.Get("item").Items() {
		q := item.Get("quantity")
		if q == nil || q.Get("unit") != nil || q.Get("code") != nil || q.Len() == 0 {
			continue
		}
		start, _ := q.Offset()
		out.Write(r.JSON[last : start-base+1])
		out.WriteString(`"unit":"units","system":"` + unitsOfX12 + `","code":"UN",`)
		last = start - base + 1
	}
	if last == 0 {
		return r
	}
	out.Write(r.JSON[last:])
	if filled, _ := fhir.Parse(out.Bytes(), fhir.Limits{}); filled != nil {
		return filled
	}
	return r
}
