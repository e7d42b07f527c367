package mllp

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/hl7v2"
)

// peer is who is at the other end of a connection, as far as the connection
// itself proves it.
type peer struct {
	addr     netip.Addr
	cert     *x509.Certificate // nil = none was shown
	verified bool              // a CA that we trust has signed it
}

func peerOf(conn net.Conn) peer {
	var p peer
	if at, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		p.addr = at.Addr().Unmap()
	}
	if secure, ok := conn.(*tls.Conn); ok {
		state := secure.ConnectionState()
		if len(state.PeerCertificates) > 0 {
			p.cert, p.verified = state.PeerCertificates[0], len(state.VerifiedChains) > 0
		}
	}
	return p
}

// who finds the one partner that sent a message: by its client certificate or
// its network, and by MSH-3 and MSH-4, which alone prove nothing. Two partners
// that fit are as good as none.
func who(partners []*gateway.Partner, from peer, h hl7v2.Header) *gateway.Partner {
	var found *gateway.Partner
	for _, p := range partners {
		if p.HL7 == nil || !proven(p, from) || !named(p.HL7, h) {
			continue
		}
		if found != nil {
			return nil
		}
		found = p
	}
	return found
}

// proven says whether the connection comes from the partner: every kind of proof
// that its entry names has to be there, and it names at least one.
func proven(p *gateway.Partner, from peer) bool {
	if len(p.HL7.Certificates)+len(p.Networks) == 0 {
		return false
	}
	if len(p.HL7.Certificates) > 0 && !shows(p.HL7.Certificates, from) {
		return false
	}
	return len(p.Networks) == 0 || slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Contains(from.addr) })
}

// shows says whether the peer's certificate is one of the list. A fingerprint is
// proof by itself; a common name only of a certificate that our CA has signed.
func shows(list []string, from peer) bool {
	if from.cert == nil {
		return false
	}
	sum := sha256.Sum256(from.cert.Raw)
	fingerprint := hex.EncodeToString(sum[:])
	return slices.ContainsFunc(list, func(want string) bool {
		if name, ok := strings.CutPrefix(want, "cn:"); ok {
			return from.verified && name == from.cert.Subject.CommonName
		}
		return strings.EqualFold(strings.ReplaceAll(want, ":", ""), fingerprint)
	})
}

func named(w *gateway.HL7, h hl7v2.Header) bool {
	return (len(w.Applications) == 0 || slices.Contains(w.Applications, h.SendingApp)) &&
		(len(w.Facilities) == 0 || slices.Contains(w.Facilities, h.SendingFacility))
}
