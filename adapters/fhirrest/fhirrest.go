// Package fhirrest speaks with a partner's FHIR R4 server: deliveries out,
// changes in.
//
// What a server can do its metadata says (capability.go). Where an update may
// create, a resource goes out as PUT to the id it has here; where the server
// names things itself, as a conditional create by an identifier of ours, and its
// names are remembered (adapt.go). Updates carry the version we know (If-Match);
// on another one the server's is read and merged, and what both sides changed
// waits for a person: nothing of the partner's is written over unseen. Several
// items of one delivery go as one transaction where the server takes them.
// Whatever it does not support is a fault that says so.
//
// All of it leaves the same state however often it arrives, so a repeat harms no
// receiver, whether it honours keys or not.
//
// The way in is by asking: poll.go looks for what changed, export.go pulls in
// bulk; both hand every resource to the gateway's door as a message of the
// partner.
//
// The package knows one partner's endpoint; it must not know stores, lanes or
// retries, and never logs.
package fhirrest

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
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
	d = plain(d)
	parcel := &gateway.Parcel{Delivery: d.ID, Key: d.Key, Kind: "fhir", Header: map[string]string{"Accept": mediaType, "Prefer": "return=minimal"}}
	items := lastVersions(d)
	for _, i := range items {
		parcel.Items, parcel.Resources = append(parcel.Items, d.Items[i]), append(parcel.Resources, d.Resources[i])
	}
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

// plain writes the states of Tasks as a referral has them: received and ready
// are taken in and never sent (SDOH Clinical Care).
func plain(d *gateway.Delivery) *gateway.Delivery {
	out := *d
	out.Resources = slices.Clone(d.Resources)
	for i, r := range out.Resources {
		if r == nil || r.Type != "Task" {
			continue
		}
		if status := r.Get("status").Text(); gateway.PlainTask(status) != status {
			out.Resources[i] = withMember(r, "status", gateway.PlainTask(status))
		}
	}
	return &out
}

// withMember is a resource with one member set.
func withMember(r *fhir.Resource, name string, value any) *fhir.Resource {
	o := fhir.Object{}
	for n, v := range r.Root().Members() {
		o = o.With(n, v)
	}
	out, _ := o.With(name, value).Resource() // it was JSON before
	return out
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

// Sender puts parcels on one partner's server.
type Sender struct {
	*server
	partner *gateway.Partner
	remotes Remotes
}

// New makes the sender of a partner.
func New(p *gateway.Partner, o Options) (*Sender, error) {
	s, err := connect(p, o)
	if err != nil {
		return nil, err
	}
	return &Sender{server: s, partner: p, remotes: o.Remotes}, nil
}

// Close ends idle connections.
func (s *Sender) Close() { s.client.Close() }

// Send puts a parcel on the wire and returns the receiver's own reference of
// it. A refused token is asked anew once.
func (s *Sender) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	if s.remotes != nil && len(p.Items) > 0 {
		return s.adapt(ctx, p)
	}
	header := map[string]string{"Idempotency-Key": p.Key}
	maps.Copy(header, p.Header)
	a, err := s.authorized(ctx, header, func(h map[string]string) (*guard.Answer, error) {
		return s.client.Do(ctx, p.Method, p.Path, h, p.Body)
	})
	if a != nil && p.Method == http.MethodDelete && (a.Status == http.StatusNotFound || a.Status == http.StatusGone) {
		err = nil // gone is what was asked for
	}
	if err != nil {
		return "", err
	}
	return cmp.Or(s.relative(a.Header.Get("Location")), a.Header.Get("ETag")), nil
}

// relative is a reference to the receiver's own server without its base:
// "CarePlan/1/_history/3".
func (s *server) relative(url string) string { return strings.TrimPrefix(url, s.client.Base()+"/") }
