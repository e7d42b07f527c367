package fhirrest

import (
	"context"
	"net/http"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// transaction sends several pieces as one Bundle, all or nothing
// (http://hl7.org/fhir/R4/http.html#transaction).
func (t *talk) transaction(ctx context.Context, open []*piece) (again bool, err error) {
	entries := make(fhir.List, len(open))
	for i, p := range open {
		entries[i] = t.entry(p)
	}
	bundle := fhir.Obj("resourceType", "Bundle", "identifier", fhir.Obj("system", DeliverySystem, "value", t.parcel.Key), "type", "transaction", "entry", entries).JSON()
	header := map[string]string{"Accept": mediaType, "Prefer": "return=minimal", "Content-Type": mediaType}
	a, text, err := t.send(ctx, http.MethodPost, "", header, bundle, maxPage)
	if a != nil && stale(a) {
		if t.read {
			return false, twins() // every version is the newest: it is a condition that fits several
		}
		t.read = true
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return t.answers(ctx, open, text)
}

func (t *talk) entry(p *piece) fhir.Object {
	request := fhir.Obj("method", p.method, "url", p.url)
	if p.match != "" {
		request = request.With("ifMatch", etag(p.match))
	}
	url := t.s.client.Base() + "/" + p.url
	if p.method == http.MethodPost {
		url = fullURL(p.ref)
		request = request.With("ifNoneExist", p.exists)
	}
	if p.body == nil {
		return fhir.Obj("request", request)
	}
	return fhir.Obj("fullUrl", url, "resource", p.body, "request", request)
}

// answers reads what became of each entry; the order is that of the request.
func (t *talk) answers(ctx context.Context, open []*piece, text []byte) (again bool, err error) {
	bundle, _ := fhir.Parse(text, fhir.Limits{Bytes: maxPage})
	list := bundle.Get("entry").Items()
	if bundle == nil || len(list) != len(open) {
		return false, gateway.Faultf("send", gateway.Busy, fhir.Issue{Code: "incomplete", Found: "a transaction answered without its entries", Fix: "nothing: it is sent again, and what is there is found"})
	}
	for i, p := range open {
		response := list[i].Get("response")
		status, _ := strconv.Atoi(response.Get("status").Text()[:min(3, len(response.Get("status").Text()))])
		more, err := t.learn(ctx, p, status, t.s.relative(response.Get("location").Text()), versionOf(response.Get("etag").Text()))
		if err != nil {
			return false, err
		}
		again = again || more
	}
	return again, nil
}
