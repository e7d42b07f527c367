package config

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Health of one thing the doctor looked at.
type Health string

// Fail keeps the gateway from working; Warn will, or only slows it down.
const (
	OK   Health = "ok"
	Warn Health = "warn"
	Fail Health = "fail"
)

// Diagnosis is one thing the doctor looked at.
type Diagnosis struct {
	Name   string
	Health Health
	Cause  string // what was seen
	Remedy string // empty when ok
}

// Probe tries out one server.
type Probe interface {
	Probe(ctx context.Context) error
}

// EndpointProbe says whether deliveries may go to a URL, and whether it answers.
type EndpointProbe interface {
	Probe(ctx context.Context, partner gateway.PartnerID, url string) error
}

// Probes are what the doctor cannot do itself; a nil probe is reported as not
// tried. Disk gives the free bytes of a directory, nil = the system's own.
type Probes struct {
	Store    Probe
	Redis    Probe
	Endpoint EndpointProbe
	Disk     func(dir string) (uint64, error)
	Now      func() time.Time
}

// Free space below which the doctor warns and fails.
const (
	lowDisk  = 2 << 30
	tinyDisk = 200 << 20
)

// probeTime bounds each probe.
const probeTime = 5 * time.Second

// Doctor looks at everything the gateway needs. Pass what Load returned: when
// the configuration could not be loaded, that is the only diagnosis.
func Doctor(ctx context.Context, c *Config, problems Problems, p Probes) []Diagnosis {
	out := []Diagnosis{configuration(c, problems)}
	if c == nil {
		return out
	}
	out = append(out, directory(c.Store.DataDir), disk(c.Store.DataDir, p.Disk), probed(ctx, "store", p.Store, Fail, "start the database, or correct store.url"))
	if c.Redis.Configured() {
		out = append(out, probed(ctx, "redis", p.Redis, Warn, "start Redis, or correct redis.url; until then deduplication asks the database"))
	}
	out = append(out, clock(p.Now), zones(c))
	if c.Server.TLS.Cert != "" {
		out = append(out, certificate(c.Server.TLS, p.Now))
	}
	return append(out, endpoints(ctx, c, p.Endpoint)...)
}

func configuration(c *Config, problems Problems) Diagnosis {
	switch {
	case problems.Err() != nil:
		return Diagnosis{"configuration", Fail, problems.Error(), "mend these and try again"}
	case c == nil:
		return Diagnosis{"configuration", Fail, "none was loaded", "name a file with --config"}
	case len(problems) > 0:
		return Diagnosis{"configuration", Warn, problems.Error(), "mend these when you can"}
	}
	return Diagnosis{"configuration", OK, fmt.Sprintf("%d partners, %d programs", len(c.Partners), len(c.Packs)), ""}
}

func directory(dir string) Diagnosis {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if errors.Is(err, os.ErrNotExist) {
		return Diagnosis{"data directory", Fail, dir + " does not exist", "create it, or correct store.data_dir"}
	}
	if err != nil {
		return Diagnosis{"data directory", Fail, dir + " is not writable (" + reason(err) + ")", "give the gateway's user write access"}
	}
	err = errors.Join(f.Sync(), f.Close(), os.Remove(f.Name()))
	if err != nil {
		return Diagnosis{"data directory", Fail, dir + " cannot keep a file (" + reason(err) + ")", "check the disk"}
	}
	return Diagnosis{"data directory", OK, dir + " is writable", ""}
}

func disk(dir string, free func(string) (uint64, error)) Diagnosis {
	if free == nil {
		free = freeBytes
	}
	n, err := free(dir)
	seen := strconv.FormatUint(n>>20, 10) + " MB free"
	switch {
	case err != nil:
		return Diagnosis{"free disk", Warn, "cannot be read (" + reason(err) + ")", "look at it yourself"}
	case n < tinyDisk:
		return Diagnosis{"free disk", Fail, seen, "make room: without it nothing is accepted"}
	case n < lowDisk:
		return Diagnosis{"free disk", Warn, seen, "make room soon"}
	}
	return Diagnosis{"free disk", OK, seen, ""}
}

// probed tries one server; bad is how bad it is when it does not answer.
func probed(ctx context.Context, name string, p Probe, bad Health, remedy string) Diagnosis {
	if p == nil {
		return Diagnosis{name, Warn, "not tried", ""}
	}
	ctx, stop := context.WithTimeout(ctx, probeTime)
	defer stop()
	if err := p.Probe(ctx); err != nil {
		return Diagnosis{name, bad, err.Error(), remedy}
	}
	return Diagnosis{name, OK, "answers", ""}
}

// clock catches a machine that woke up without the time.
func clock(now func() time.Time) Diagnosis {
	if now == nil {
		now = time.Now
	}
	t := now().UTC()
	if t.Year() < 2026 || t.Year() > 2100 {
		return Diagnosis{"clock", Fail, t.Format(time.RFC3339), "set the clock; every receipt is dated by it"}
	}
	return Diagnosis{"clock", OK, t.Format(time.RFC3339), ""}
}

// zones shows that the zone data is there, which schedules ring by.
func zones(c *Config) Diagnosis {
	for _, s := range c.Schedules {
		if _, err := time.LoadLocation(s.Zone.String()); err != nil {
			return Diagnosis{"time zones", Fail, s.Zone.String() + " cannot be loaded", "install tzdata, or use a build with embedded zones"}
		}
	}
	return Diagnosis{"time zones", OK, "ledger in " + c.Rules.Zone.String(), ""}
}

func certificate(files TLS, now func() time.Time) Diagnosis {
	if now == nil {
		now = time.Now
	}
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return Diagnosis{"TLS certificate", Fail, reason(err), "correct server.tls.cert and server.tls.key"}
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return Diagnosis{"TLS certificate", Fail, reason(err), "renew the certificate"}
	}
	days := int(leaf.NotAfter.Sub(now()).Hours() / 24)
	seen := "valid until " + leaf.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case now().After(leaf.NotAfter):
		return Diagnosis{"TLS certificate", Fail, "ended " + leaf.NotAfter.UTC().Format(time.DateOnly), "renew the certificate"}
	case days < 30:
		return Diagnosis{"TLS certificate", Warn, seen, "renew it soon"}
	}
	return Diagnosis{"TLS certificate", OK, seen, ""}
}

func endpoints(ctx context.Context, c *Config, p EndpointProbe) []Diagnosis {
	var out []Diagnosis
	for _, partner := range c.Partners {
		if partner.Deliver == nil {
			continue
		}
		var one Probe
		if p != nil {
			one = endpoint{p, partner.ID, partner.Deliver.URL}
		}
		out = append(out, probed(ctx, "endpoint of "+string(partner.ID), one, Warn, "correct deliver.url, or ask the partner; deliveries wait meanwhile"))
	}
	return out
}

// endpoint is the probe of one partner.
type endpoint struct {
	probe   EndpointProbe
	partner gateway.PartnerID
	url     string
}

// Probe tries the partner's URL.
func (e endpoint) Probe(ctx context.Context) error { return e.probe.Probe(ctx, e.partner, e.url) }
