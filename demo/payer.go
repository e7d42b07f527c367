package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/throughline/throughline/gateway"
)

// askedPayer is the health plan of the demonstration that decides on requests
// for prior authorization itself, by the rules of PayerServer.
const askedPayer = gateway.PartnerID("mco-b")

// payerGrants is how many units of a service it certifies at most.
const payerGrants = 20

// Payer is the simulated health plan on loopback.
type Payer struct {
	listener net.Listener
	server   *http.Server
}

// OpenPayer listens for requests and makes it the partner's way out; nil when the
// partners have none of that id, or it has a way out already.
func OpenPayer(ctx context.Context, partners []gateway.Partner) (*Payer, error) {
	for i := range partners {
		p := &partners[i]
		if p.ID != askedPayer || p.Deliver != nil {
			continue
		}
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		const token = "demo-mco-b-delivery-token"
		p.Deliver = &gateway.Endpoint{Wire: "pas", URL: fmt.Sprintf("http://%s/fhir", l.Addr()), Token: token, Timeout: 10 * time.Second}
		return &Payer{l, &http.Server{Handler: NewPayerServer("2.2.1", payerGrants, token), ReadHeaderTimeout: 5 * time.Second}}, nil
	}
	return nil, nil
}

// Run serves until ctx ends.
func (p *Payer) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = p.Close() })
	defer stop()
	if err := p.server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends the listener and its connections.
func (p *Payer) Close() error { return p.server.Close() }

// priorAuth is a request for prior authorization of a child of the asked payer,
// and who sends it; nothing when no such child was seeded.
func (w *week) priorAuth() (clinic gateway.PartnerID, body []byte) {
	for _, c := range w.children {
		if c.payer == string(askedPayer) {
			return gateway.PartnerID(c.clinic.id), indent([]byte(c.request("SYN-PA-EXAMPLE", payerGrants+10, w)))
		}
	}
	return "", nil
}

// request is the Bundle of Claim/$submit.
func (c *child) request(trace string, units int, w *week) string {
	const base = "http://clinic.example/fhir/"
	entry := func(ref, resource string) string {
		return fmt.Sprintf(`,{"fullUrl":"%s%s","resource":%s}`, base, ref, resource)
	}
	return fmt.Sprintf(`{"resourceType":"Bundle","type":"collection","identifier":{"system":"urn:throughline:demo:transaction","value":%[1]q},"timestamp":"%[2]sT10:15:00Z","entry":[
		{"fullUrl":"%[3]sClaim/%[1]s","resource":{"resourceType":"Claim","id":%[1]q,"identifier":[{"system":"urn:throughline:demo:trace","value":%[1]q}],"status":"active",
		"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/claim-type","code":"professional"}]},"use":"preauthorization","patient":{"reference":"Patient/child"},"created":%[2]q,
		"insurer":{"reference":"Organization/plan"},"provider":{"reference":"Organization/clinic"},"priority":{"coding":[{"code":"normal"}]},"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/cover"}}],
		"item":[{"sequence":1,"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"H2021"}]},"servicedPeriod":{"start":%[2]q,"end":%[4]q},"quantity":{"value":%[5]d,"unit":"units"}}]}}`,
		trace, w.day.String(), base, (w.day+90).String(), units) +
		entry("Organization/clinic", fmt.Sprintf(`{"resourceType":"Organization","id":"clinic","identifier":[{"system":%q,"value":%q}],"active":true,"name":%q}`, gateway.NPI, c.clinic.npi, c.clinic.name)) +
		entry("Organization/plan", fmt.Sprintf(`{"resourceType":"Organization","id":"plan","identifier":[{"system":"http://throughline.example/sid/payer","value":%q}],"active":true,"name":"Health plan"}`, c.payer)) +
		entry("Coverage/cover", fmt.Sprintf(`{"resourceType":"Coverage","id":"cover","status":"active","subscriberId":%q,"beneficiary":{"reference":"Patient/child"},"payor":[{"reference":"Organization/plan"}]}`, c.member)) +
		entry("Patient/child", fmt.Sprintf(`{"resourceType":"Patient","id":"child","identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MB"}]},"system":"http://throughline.example/sid/medicaid","value":%q}],"name":[{"family":"Synthetic"}]}`, c.member)) + "]}"
}
