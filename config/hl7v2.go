package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
)

// HL7v2 is the MLLP port; without an address there is none.
type HL7v2 struct {
	Listen string      `yaml:"listen" validate:"omitempty,listen"`
	TLS    HL7v2TLS    `yaml:"tls" envPrefix:"tls."`
	Limits HL7v2Limits `yaml:"limits" envPrefix:"limits."`
}

// HL7v2TLS is the certificate of the MLLP port and who signs those of clients.
type HL7v2TLS struct {
	Cert     string `yaml:"cert" validate:"required_with=Key ClientCA"`
	Key      string `yaml:"key" validate:"required_with=Cert"`
	ClientCA string `yaml:"client_ca"` // PEM file; empty = clients are known by the fingerprint of their certificate
}

// HL7v2Limits bound what the peers of the MLLP port may cost.
type HL7v2Limits struct {
	MessageBytes int           `yaml:"message_bytes" validate:"gte=1024,lte=104857600"`
	MemoryBytes  int64         `yaml:"memory_bytes" validate:"gte=1048576"` // unfinished frames of all connections
	Connections  int           `yaml:"connections" validate:"gte=1,lte=100000"`
	PerAddress   int           `yaml:"per_address" validate:"gte=1,lte=100000"`
	Idle         time.Duration `yaml:"idle" validate:"gte=1s,lte=24h"` // between two messages
	Frame        time.Duration `yaml:"frame" validate:"gte=1s,lte=1h"` // from the first byte of a message to its last
}

func defaultHL7v2() HL7v2 {
	return HL7v2{Limits: HL7v2Limits{MessageBytes: 5 << 20, MemoryBytes: 48 << 20, Connections: 256, PerAddress: 64, Idle: 10 * time.Minute, Frame: 30 * time.Second}}
}

// hl7v2Entry is a partner's side of the HL7 v2 wire as written.
type hl7v2Entry struct {
	Applications []string          `yaml:"applications" validate:"dive,required"` // MSH-3
	Facilities   []string          `yaml:"facilities" validate:"dive,required"`   // MSH-4
	Certificates []string          `yaml:"certificates" validate:"dive,certificate"`
	Processing   []string          `yaml:"processing" validate:"dive,oneof=P T D"` // MSH-11
	Version      string            `yaml:"version" validate:"omitempty,oneof=2.3 2.3.1 2.4 2.5 2.5.1 2.6 2.7 2.8"`
	Charset      string            `yaml:"charset" validate:"omitempty,oneof=ASCII 8859/1 8859/15 UNICODE UTF-8"`
	Systems      map[string]string `yaml:"systems" validate:"dive,uri"` // assigning authority (CX-4.1): system URI
}

// certificatePattern is a SHA-256 fingerprint in hex, or a common name.
var certificatePattern = regexp.MustCompile(`^(cn:.+|([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2})$`)

// complete fills in what is left to defaults.
func (e *hl7v2Entry) complete() {
	if e.Processing == nil {
		e.Processing = []string{"P", "T"}
	}
	if e.Version == "" {
		e.Version = "2.5.1"
	}
}

// hl7v2 reports MLLP entries that cannot work.
func (r *reader) hl7v2() {
	port := r.doc.Server.HL7v2
	if port.Listen == "" && port.TLS.Cert != "" {
		r.add("server.hl7v2.listen", "nothing", "host:port beside tls", "add it, or remove tls")
	}
	for i, p := range r.doc.Partners {
		path := item("partners", i)
		if p.Deliver != nil {
			r.wireURL(path+".deliver", p.Deliver)
		}
		if p.HL7v2 == nil {
			continue
		}
		path += ".hl7v2"
		if len(p.HL7v2.Certificates)+len(p.Networks) == 0 {
			r.add(path+".certificates", "neither certificates nor networks", "a proof of who sends; MSH-3 and MSH-4 are none", "add hl7v2.certificates, or networks of the partner")
		}
		for j, c := range p.HL7v2.Certificates {
			if port.Listen != "" && port.TLS.Cert == "" || strings.HasPrefix(c, "cn:") && port.TLS.ClientCA == "" {
				r.add(item(path+".certificates", j), "a client certificate that nobody asks for", "server.hl7v2.tls, with client_ca for cn:", "add it")
			}
		}
	}
}

// wireURL reports a URL of another wire.
func (r *reader) wireURL(path string, d *deliverEntry) {
	if d == nil || !d.URL.Set() {
		return
	}
	u, err := url.Parse(d.URL.Reveal())
	if err != nil || r.reported(path+".url") {
		return // reported where URLs are checked
	}
	mllp := u.Scheme == "mllp" || u.Scheme == "mllps"
	if web := slices.Contains([]string{"fhir", "webhook"}, d.Wire); web && mllp || d.Wire == "mllp" && !mllp {
		r.add(path+".url", "a URL of the scheme "+strconv.Quote(u.Scheme)+" for wire "+d.Wire, "https for fhir and webhook, mllps for mllp", "correct wire or url")
	}
	if (d.TLS.Cert+d.TLS.CA) != "" && u.Scheme != "mllps" {
		r.add(path+".tls", "certificates for "+u.Scheme, "mllps", "remove it, or use mllps")
	}
}

// isMLLP says whether a URL is mllps://host:port, or mllp inside this machine or
// a private network.
func isMLLP(u *url.URL) bool {
	if u.Port() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	private := err == nil && ip.Unmap().IsPrivate()
	return u.Scheme == "mllps" || u.Scheme == "mllp" && (isLoopback(u.Hostname()) || private)
}

func (e *hl7v2Entry) partner() *gateway.HL7 {
	if e == nil {
		return nil
	}
	w := gateway.HL7(*e)
	return &w
}
