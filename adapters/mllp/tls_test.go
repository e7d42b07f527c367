package mllp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/mllp"
	"github.com/throughline/throughline/gateway"
)

// authority signs certificates of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	pair := a.sign("authority", true)
	a.cert, a.key = pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// sign makes a certificate; the first one signs itself.
func (a *authority) sign(name string, ca bool) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.n++
	c := &x509.Certificate{SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func fingerprint(c tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return hex.EncodeToString(sum[:])
}

// TestClientCertificates sends through our own sender to our own listener.
func TestClientCertificates(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	server, dogwood, elm, self := ours.sign("gateway", false), ours.sign("dogwood", false), ours.sign("elm", false), theirs.sign("dogwood", false)
	for name, c := range map[string]struct {
		known  []string
		cas    *x509.CertPool // nil = nobody signs for clients
		client *tls.Certificate
		want   gateway.Code
	}{
		"by name":                     {[]string{"cn:dogwood"}, ours.pool(), &dogwood, ""},
		"by fingerprint":              {[]string{fingerprint(dogwood)}, ours.pool(), &dogwood, ""},
		"by fingerprint with colons":  {[]string{colons(fingerprint(self))}, nil, &self, ""},
		"another name":                {[]string{"cn:dogwood"}, ours.pool(), &elm, gateway.NotFound},
		"the name, but not our CA":    {[]string{"cn:dogwood"}, nil, &self, gateway.NotFound},
		"not our CA, and one is set":  {[]string{"cn:dogwood"}, ours.pool(), &self, gateway.Busy},
		"no certificate, CA set":      {[]string{"cn:dogwood"}, ours.pool(), nil, gateway.Busy},
		"no certificate, fingerprint": {[]string{fingerprint(dogwood)}, nil, nil, gateway.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			k := &taken{}
			p := with(clinic(), func(p *gateway.Partner) { p.HL7.Certificates = c.known })
			e := open(t, intake(k, p), func(l *mllp.Listener) {
				l.TLS = &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequestClientCert, ClientCAs: c.cas, MinVersion: tls.VersionTLS12}
				if c.cas != nil {
					l.TLS.ClientAuth = tls.RequireAndVerifyClientCert
				}
			})
			defer e.Stop()
			secure := &tls.Config{RootCAs: ours.pool()}
			if c.client != nil {
				secure.Certificates = []tls.Certificate{*c.client}
			}
			s, err := mllp.New(&gateway.Partner{Deliver: &gateway.Endpoint{URL: "mllps://" + e.addr, Timeout: 10 * time.Second}}, mllp.Options{TLS: secure})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			_, err = s.Send(context.Background(), parcel(1))
			if got := codeOf(err); got != c.want || (k.n.Load() == 1) != (c.want == "") {
				t.Errorf("%q (%v), want %q; took %d", got, err, c.want, k.n.Load())
			}
		})
	}
}

func colons(hexed string) string {
	var pairs []string
	for i := 0; i < len(hexed); i += 2 {
		pairs = append(pairs, strings.ToUpper(hexed[i:i+2]))
	}
	return strings.Join(pairs, ":")
}
