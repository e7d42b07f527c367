// Package fhirrest sends deliveries to a partner's FHIR R4 server.
//
// A resource goes out as an update to the id it has here, PUT [base]/Type/id, a
// deletion as DELETE: both leave the same state however often they arrive, so a
// repeat harms no receiver, whether it honours keys or not. The receiver must
// allow an update to create (http://hl7.org/fhir/R4/http.html#upsert). Several
// items of one delivery go as one transaction of the same requests, all or
// nothing, with references between them intact. If-Match is not used: order is
// the lane's work. Every try of a delivery carries the same Idempotency-Key.
//
// References to resources that the receiver does not get stay as they are: an
// id here says nothing about a person.
//
// The package knows one partner's endpoint; it must not know stores, lanes or
// retries, and never logs.
package fhirrest

import (
	"cmp"
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// DeliverySystem is the system of the identifier of a transaction sent out: its
// value is the delivery's key.
const DeliverySystem = "urn:throughline:delivery"

const mediaType = "application/fhir+json"

// Render makes the request of a delivery. Of several versions of one resource
// in it only the last is sent.
func Render(d *gateway.Delivery, p *gateway.Partner) (*gateway.Parcel, error) {
	parcel := &gateway.Parcel{Delivery: d.ID, Key: d.Key, Kind: "fhir", Header: map[string]string{"Accept": mediaType, "Prefer": "return=minimal"}}
	items := lastVersions(d)
	if len(items) == 0 {
		return nil, gateway.Faultf("render", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "a delivery with nothing in it"})
	}
	if len(items) > 1 {
		parcel.Method, parcel.Body = "POST", transaction(d, p, items)
		parcel.Header["Content-Type"] = mediaType
		return parcel, nil
	}
	item, r := d.Items[items[0]], d.Resources[items[0]]
	parcel.Method, parcel.Path = "DELETE", item.Type+"/"+item.ID
	if r != nil {
		parcel.Method, parcel.Body = "PUT", r.JSON
		parcel.Header["Content-Type"] = mediaType
	}
	return parcel, nil
}

// lastVersions are the indexes of the items to send: a transaction may name a
// resource only once (http://hl7.org/fhir/R4/http.html#trules).
func lastVersions(d *gateway.Delivery) []int {
	last := map[fhir.Ref]int{}
	for i, it := range d.Items {
		last[fhir.NewRef(it.Type, it.ID)] = i
	}
	var out []int
	for i, it := range d.Items {
		if last[fhir.NewRef(it.Type, it.ID)] == i {
			out = append(out, i)
		}
	}
	return out
}

func transaction(d *gateway.Delivery, p *gateway.Partner, items []int) []byte {
	base := strings.TrimSuffix(p.Deliver.URL, "/")
	entries := make(fhir.List, 0, len(items))
	for _, i := range items {
		ref := string(fhir.NewRef(d.Items[i].Type, d.Items[i].ID))
		if r := d.Resources[i]; r != nil {
			entries = append(entries, fhir.Obj("fullUrl", base+"/"+ref, "resource", r, "request", fhir.Obj("method", "PUT", "url", ref)))
			continue
		}
		entries = append(entries, fhir.Obj("request", fhir.Obj("method", "DELETE", "url", ref)))
	}
	return fhir.Obj("resourceType", "Bundle", "identifier", fhir.Obj("system", DeliverySystem, "value", d.Key), "type", "transaction", "entry", entries).JSON()
}

// Options are what the partner's profile does not say.
type Options struct {
	Token func(ctx context.Context, fresh bool) (string, error) // nil = the partner's own token; fresh: the last one was refused
	Allow []netip.Prefix                                        // private networks its name may resolve to
}

// Sender puts parcels on one partner's server.
type Sender struct {
	client *guard.Client
	token  func(ctx context.Context, fresh bool) (string, error)
	fixed  bool // the token never changes
}

// New makes the sender of a partner.
func New(p *gateway.Partner, o Options) (*Sender, error) {
	client, err := guard.New(p.Deliver.URL, guard.Options{Timeout: p.Deliver.Timeout, Allow: o.Allow})
	if err != nil {
		return nil, err
	}
	s := &Sender{client: client, token: o.Token, fixed: o.Token == nil}
	if s.fixed {
		s.token = func(context.Context, bool) (string, error) { return p.Deliver.Token, nil }
	}
	return s, nil
}

// Close ends idle connections.
func (s *Sender) Close() { s.client.Close() }

// Send puts a parcel on the wire and returns the receiver's own reference of
// it. A refused token is asked anew once.
func (s *Sender) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	a, err := s.do(ctx, p, false)
	if a != nil && a.Status == http.StatusUnauthorized && !s.fixed {
		a, err = s.do(ctx, p, true)
	}
	if a != nil && p.Method == http.MethodDelete && (a.Status == http.StatusNotFound || a.Status == http.StatusGone) {
		err = nil // gone is what was asked for
	}
	if err != nil {
		return "", err
	}
	return s.remote(a), nil
}

func (s *Sender) do(ctx context.Context, p *gateway.Parcel, fresh bool) (*guard.Answer, error) {
	token, err := s.token(ctx, fresh)
	if err != nil {
		return nil, &gateway.Fault{Op: "token", Code: gateway.Busy, Err: err}
	}
	header := map[string]string{"Idempotency-Key": p.Key}
	for k, v := range p.Header {
		header[k] = v
	}
	if token != "" {
		header["Authorization"] = "Bearer " + token
	}
	return s.client.Do(ctx, p.Method, p.Path, header, p.Body)
}

// remote is the receiver's version-specific reference, "CarePlan/1/_history/3",
// or its ETag.
func (s *Sender) remote(a *guard.Answer) string {
	at := strings.TrimPrefix(a.Header.Get("Location"), s.client.Base()+"/")
	return cmp.Or(at, a.Header.Get("ETag"))
}
