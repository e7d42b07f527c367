package config

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
)

type probe struct{ err error }

func (p probe) Probe(context.Context) error { return p.err }

type endpointProbe map[gateway.PartnerID]error

func (p endpointProbe) Probe(_ context.Context, id gateway.PartnerID, _ string) error { return p[id] }

func healths(ds []Diagnosis) map[string]Health {
	out := map[string]Health{}
	for _, d := range ds {
		out[d.Name] = d.Health
	}
	return out
}

// TestDoctor sees a healthy installation and a sick one.
func TestDoctor(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cert, key := pair(t, now.Add(10*24*time.Hour))
	flags := map[string]string{"store.data_dir": t.TempDir(), "redis.url": "redis://127.0.0.1/", "server.tls.cert": cert, "server.tls.key": key}
	c, problems := Demo(nil, flags)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	well := Probes{Store: probe{}, Redis: probe{}, Endpoint: endpointProbe{}, Disk: func(string) (uint64, error) { return 9 << 30, nil }, Now: func() time.Time { return now }}
	want := map[string]Health{"configuration": OK, "data directory": OK, "free disk": OK, "store": OK, "redis": OK, "clock": OK, "time zones": OK, "TLS certificate": Warn, "endpoint of clinic-d": OK, "endpoint of ehr-a": OK, "endpoint of ehr-b": OK}
	if diff := cmp.Diff(want, healths(Doctor(t.Context(), c, problems, well))); diff != "" {
		t.Error(diff)
	}
	c.Store.DataDir = "/nowhere"
	sick := Probes{Store: probe{errors.New("refused")}, Redis: probe{errors.New("refused")}, Endpoint: endpointProbe{"ehr-b": errors.New("not on the list")},
		Disk: func(string) (uint64, error) { return 1 << 20, nil }, Now: func() time.Time { return time.Unix(0, 0) }}
	c.Server.TLS.Key = cert
	want = map[string]Health{"configuration": OK, "data directory": Fail, "free disk": Fail, "store": Fail, "redis": Warn, "clock": Fail, "time zones": OK, "TLS certificate": Fail, "endpoint of clinic-d": OK, "endpoint of ehr-a": OK, "endpoint of ehr-b": Warn}
	diagnoses := Doctor(t.Context(), c, problems, sick)
	if diff := cmp.Diff(want, healths(diagnoses)); diff != "" {
		t.Error(diff)
	}
	for _, d := range diagnoses {
		if (d.Health == OK) != (d.Remedy == "") {
			t.Errorf("%s is %s with remedy %q", d.Name, d.Health, d.Remedy)
		}
	}
}

// TestDoctorWithoutConfiguration has one thing to say.
func TestDoctorWithoutConfiguration(t *testing.T) {
	c, problems := Load(Input{Paths: []string{"testdata/bad.yaml"}})
	got := Doctor(t.Context(), c, problems, Probes{})
	if len(got) != 1 || got[0].Health != Fail {
		t.Errorf("got %v", got)
	}
}

// TestCheck advises on exposure outside the demo only.
func TestCheck(t *testing.T) {
	c := load(t, Input{Paths: []string{write(t, "c.yaml", "server: {listen: '0.0.0.0:80', admin_listen: ':90'}\nstore: {url: env:DB}\npartners:\n  - {id: m, name: M, kind: mco}\n  - {id: s, name: S, kind: state}\n")},
		Env: map[string]string{"DB": "postgres://db/x"}})
	var paths []string
	for _, p := range Check(c) {
		paths = append(paths, p.Path)
	}
	want := []string{"redis", "schedules", "server.base_url", "server.listen", "server.admin_listen", "partners[0].payers", "partners[1].programs"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

// pair writes a self-signed certificate and its key.
func pair(t *testing.T, until time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: until.Add(-time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "tls.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		write(t, "tls.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
}
