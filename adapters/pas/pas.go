// Package pas is the client of a payer's Da Vinci PAS server: it puts a request
// for prior authorization to Claim/$submit and hands the answer in as a message
// of the payer, so that a decision enters by the same door whatever wire it came
// by. A payer must answer the same trace number again with the same answer
// (http://hl7.org/fhir/us/davinci-pas), so a try that is repeated harms nobody.
//
// It knows one payer's endpoint; it must not know stores, lanes or what a
// decision means, and never logs.
package pas

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
)

const mediaType = "application/fhir+json"

// maxAnswer bounds a response Bundle.
const maxAnswer = 5 << 20

// Channel is the door of the answers.
const Channel = "pas"

// Render makes the request of a delivery.
func Render(d *gateway.Delivery, _ *gateway.Partner) (*gateway.Parcel, error) {
	body, err := pas.Request(d.Resources, d.Key)
	if err != nil {
		return nil, err
	}
	return &gateway.Parcel{Delivery: d.ID, Key: d.Key, Kind: "pas", Method: http.MethodPost, Path: "Claim/$submit", Body: body,
		Header: map[string]string{"Content-Type": mediaType, "Accept": mediaType}}, nil
}

// Options are what the partner's profile does not say.
type Options struct {
	Receive gateway.Receiver // where the payer's answers go
	Allow   []netip.Prefix   // private networks its name may resolve to
}

// Sender puts requests to one payer.
type Sender struct {
	client  *guard.Client
	partner *gateway.Partner
	receive gateway.Receiver
}

// New makes the sender of a payer.
func New(p *gateway.Partner, o Options) (*Sender, error) {
	client, err := guard.New(p.Deliver.URL, guard.Options{Timeout: p.Deliver.Timeout, Allow: o.Allow})
	if err != nil {
		return nil, err
	}
	return &Sender{client: client, partner: p, receive: o.Receive}, nil
}

// Close ends idle connections.
func (s *Sender) Close() { s.client.Close() }

// Send puts a request and takes the answer in. The delivery is done once the
// answer is in the ledger of messages; an answer that cannot be taken in waits
// for a person.
func (s *Sender) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	header := map[string]string{"Idempotency-Key": p.Key}
	for name, value := range p.Header {
		header[name] = value
	}
	if s.partner.Deliver.Token != "" {
		header["Authorization"] = "Bearer " + s.partner.Deliver.Token
	}
	_, body, err := s.client.Fetch(ctx, p.Method, p.Path, header, p.Body, maxAnswer)
	if err != nil {
		return "", err
	}
	r, err := s.receive(ctx, &gateway.Message{Partner: s.partner.ID, Channel: Channel, Kind: "fhir/pas-response", Key: "delivery:" + p.Key, Body: body})
	if err != nil {
		return "", err
	}
	if r.State != gateway.Accepted {
		return "", gateway.Faultf("receive", gateway.Unmapped, fhir.Issue{Code: "not-supported", Found: "an answer that is held", Fix: "see the message of the payer"})
	}
	return string(r.Message.ID), nil
}
