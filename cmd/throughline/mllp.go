package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"

	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings"
	"github.com/throughline/throughline/mappings/hl7v2"
)

// listenMLLP opens the HL7 v2 port; nil when the configuration names none.
func (a *App) listenMLLP(ctx context.Context) (net.Listener, error) {
	if a.Config.Server.HL7v2.Listen == "" {
		return nil, nil
	}
	if _, err := a.mllpTLS(); err != nil {
		return nil, usage("the MLLP certificates cannot be read: "+err.Error(), "correct server.hl7v2.tls")
	}
	return listen(ctx, a.Config.Server.HL7v2.Listen)
}

// mllp takes HL7 v2 messages in, from a port or (without one) from a file.
func (a *App) mllp(l net.Listener) *mllp.Listener {
	c := a.Config.Server.HL7v2.Limits
	secure, _ := a.mllpTLS() // read before, see listenMLLP
	return &mllp.Listener{
		Listener: l, TLS: secure, Partners: a.partners, Receive: a.Receive, Allow: a.Hints.Allow,
		Supports: func(k gateway.Kind, p *gateway.Partner) bool { _, _, ok := mappings.For(k, p); return ok },
		Limits:   mllp.Limits{Message: c.MessageBytes, Memory: c.MemoryBytes, Connections: c.Connections, PerAddress: c.PerAddress, Idle: c.Idle, Frame: c.Frame},
		Ask:      a.ask,
		NewID:    newID, Now: a.Store.Now, Log: a.Log,
	}
}

// mllpTLS is the certificate of the MLLP port, nil for plain TCP. With a
// client_ca every client needs a certificate of it; without, partners are known
// by the fingerprint of the certificate they show.
func (a *App) mllpTLS() (*tls.Config, error) {
	t := a.Config.Server.HL7v2.TLS
	if t.Cert == "" {
		return nil, nil
	}
	secure, err := secured(t.Cert, t.Key, t.ClientCA)
	if err != nil {
		return nil, err
	}
	secure.ClientAuth, secure.ClientCAs, secure.RootCAs = tls.RequestClientCert, secure.RootCAs, nil
	if t.ClientCA != "" {
		secure.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return secure, nil
}

// secured reads a certificate and who signs the other side's; both may be empty.
func secured(cert, key, ca string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New(ca + " has no certificate")
		}
	}
	return c, nil
}

// mllpWire is the way out by HL7 v2; what leaves the world of tests says so.
func (a *App) mllpWire() gateway.Wire {
	w := gateway.Wire{Render: hl7v2.Render, Dial: dialMLLP, Context: true}
	if a.Test {
		w.Render = hl7v2.RenderTest
	}
	return w
}

func dialMLLP(p *gateway.Partner) (gateway.Sender, error) {
	secure, err := secured(p.Deliver.Cert, p.Deliver.CertKey, p.Deliver.CA)
	if err != nil {
		return nil, err
	}
	return mllp.New(p, mllp.Options{TLS: secure})
}
