package config

import (
	"fmt"
	"strconv"
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/smartkey"
)

// Polls of a real server: hourly unless said otherwise, never below a quarter of
// an hour (standards digest 1.3). Only a server on loopback, which is a simulated
// one, may be asked more often.
const (
	pollEvery   = time.Hour
	pollLeast   = 15 * time.Minute
	pollOverlap = 2 * time.Minute
	pollPage    = 100
)

func (e *pollEntry) complete() {
	if e.Every == 0 {
		e.Every = pollEvery
	}
	if e.Overlap == 0 {
		e.Overlap = pollOverlap
	}
	if e.Page == 0 {
		e.Page = pollPage
	}
}

func (e *pollEntry) poll() *gateway.Poll {
	since, _ := time.Parse(time.RFC3339, e.Since) // checked before; empty is the zero time
	return &gateway.Poll{Types: e.Types, Every: e.Every, Overlap: e.Overlap, Page: e.Page, Since: since}
}

// servers reports what is wrong with the way to a partner's FHIR server.
func (r *reader) servers() {
	r.linkSecret()
	for i := range r.doc.Partners {
		p := &r.doc.Partners[i]
		path := item("partners", i)
		if p.Poll != nil {
			r.poll(p, path)
		}
		if p.Export != nil {
			r.export(p, path+".export")
		}
		if p.Deliver != nil {
			r.login(p.Deliver, path+".deliver")
		}
	}
}

func (r *reader) poll(p *partnerEntry, path string) {
	if p.Deliver == nil || p.Deliver.Wire != "fhir" {
		r.add(path+".poll", "poll without a FHIR server", "deliver with wire: fhir beside poll", "add deliver: {wire: fhir, url: ...}; without wants nothing is sent there")
		return
	}
	if p.Poll.Every < pollLeast && !r.reported(path+".poll.every") && !onLoopback(p.Deliver.URL.Reveal()) {
		r.add(path+".poll.every", p.Poll.Every.String(), "15m or more", "ask less often; hourly is usual")
	}
	for j, typ := range p.Poll.Types {
		kinds := gateway.Partner{Sends: kindsOf(p.Sends)}
		if !kinds.MaySend(gateway.Kind("fhir/" + typ)) {
			r.add(item(path+".poll.types", j), strconv.Quote(typ), "a type that the partner may send", fmt.Sprintf("add fhir/%s to its sends", typ))
		}
	}
}

func (r *reader) export(p *partnerEntry, path string) {
	if p.Deliver == nil || p.Deliver.Wire != "fhir" {
		r.add(path, "export without a FHIR server", "deliver with wire: fhir beside export", "add deliver: {wire: fhir, url: ...}; without wants nothing is sent there")
		return
	}
	if (p.Export.Level == "group") != (p.Export.Group != "") {
		r.add(path+".group", strconv.Quote(p.Export.Group), "a Group id with level group, and none otherwise", "correct level or group")
	}
	if p.Export.Every < pollLeast && !r.reported(path+".every") && !onLoopback(p.Deliver.URL.Reveal()) {
		r.add(path+".every", p.Export.Every.String(), "15m or more", "ask less often; once a day is usual")
	}
}

func kindsOf(sends []string) (out []gateway.Kind) {
	for _, s := range sends {
		out = append(out, gateway.Kind(s))
	}
	return out
}

// login reports a SMART login that cannot work.
func (r *reader) login(d *deliverEntry, path string) {
	if d.Wire != "fhir" {
		if d.Smart != nil {
			r.add(path+".smart", "a SMART login beside wire: "+d.Wire, "wire: fhir", "remove it")
		}
		if d.IDs != "" {
			r.add(path+".ids", strconv.Quote(d.IDs), "wire: fhir beside it", "remove it")
		}
		return
	}
	if d.Smart == nil {
		return
	}
	if d.Token.Set() {
		r.add(path+".token", masked, "token or smart, not both", "remove one")
	}
	switch _, err := smartkey.Parse(d.Smart.Key.Reveal(), d.Smart.KeyID); {
	case !d.Smart.Key.Set():
		r.add(path+".smart.key", "nothing", "a private key: RSA of 2048 bits or more, or EC P-384, as PEM, JWK or JWK set", "add it as file:/path")
	case err != nil && !r.reported(path+".smart.key"):
		r.add(path+".smart.key", err.Error(), "RSA of 2048 bits or more, or EC P-384, as PEM, JWK or JWK set", "make one: openssl ecparam -name secp384r1 -genkey -noout -out key.pem")
	case d.Smart.Key.Literal() && !r.demo:
		r.add(path+".smart.key", "a literal key", "env:NAME or file:/path", "keep the key out of the file")
	}
}

// linkWire reports a receiver of links without a folder, and links without what
// they need.
func (r *reader) linkWire(at string, d *deliverEntry) {
	if d.Path == "" {
		r.add(at+".path", "nothing", "the folder that notes with links are put into", "add it")
	}
	if d.URL.Set() {
		r.add(at+".url", "a url beside wire: link", "path", "remove it: the receiver has no server")
	}
	if !r.doc.Server.Links.Secret.Set() {
		r.add("server.links.secret", "nothing", "32 characters or more, because a partner has wire: link", "add it as env:NAME, such as of openssl rand -hex 32")
	}
	if r.doc.Server.BaseURL == "" && !r.demo {
		r.add("server.base_url", "nothing", "the address that receivers of links can open", "add https://...")
	}
}

// linkSecret reports a secret that is too short or in the open.
func (r *reader) linkSecret() {
	s := r.doc.Server.Links.Secret
	if s.Set() && len(s.Reveal()) < 32 && !r.reported("server.links.secret") {
		r.add("server.links.secret", masked, "32 characters or more", "make a longer one: openssl rand -hex 32")
	}
	if s.Literal() && !r.demo {
		r.add("server.links.secret", "a literal secret", "env:NAME or file:/path", "keep it out of the file")
	}
}

func onLoopback(raw string) bool { return isEndpoint(raw) && raw[:5] == "http:" }
