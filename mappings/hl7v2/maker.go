package hl7v2

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/tofhir"
)

// body maps what a kind of message says beside its Patient.
type body struct {
	run  func(k *maker)
	read []string // segments that are mapped; others are named in an issue
}

// everywhere are the segments that need no mapping of their own: delimiters,
// envelopes, and what the message's own record keeps.
var everywhere = []string{"MSH", "SFT", "UAC", "EVN", "PID", "PD1", "ARV"}

// Map maps a message of one of Kinds.
func Map(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	limits := er7.Limits{}
	if p.HL7 != nil {
		limits.Charset = p.HL7.Charset
	}
	er, err := er7.Parse(m.Body, limits)
	if err != nil {
		return nil, &gateway.Fault{Op: "map", Code: gateway.Malformed, Err: err}
	}
	h := er.Header()
	b, ok := bodies[h.Kind()]
	if !ok || string(m.Kind) != "hl7v2/"+h.Kind() {
		return nil, gateway.Faultf("map", gateway.Unmapped, fhir.Issue{Code: "not-supported", Path: "MSH-9", Found: "another message than its kind says", Fix: "send one of the supported messages"})
	}
	k := &maker{er: er, header: h, message: m, partner: p, out: &gateway.Mapped{}, keys: map[string]int{}}
	if m.Kind == Question {
		k.asks()
		return k.out, nil
	}
	k.zone = k.standing()
	if k.readable(b.read) && k.person(er.First("PID")) {
		b.run(k)
		k.provenance()
	}
	k.unread(b.read)
	return k.out, nil
}

// maker collects the changes of one message.
type maker struct {
	er      *er7.Message
	header  er7.Header
	message *gateway.Message
	partner *gateway.Partner
	out     *gateway.Mapped
	zone    *time.Location     // of times that state none
	child   string             // the child in keys of what is its own: a number made of the Patient's key
	member  gateway.Identifier // identifier that references to the child carry
	subject fhir.Object        // reference to the child
	keys    map[string]int     // keys used so far, for a second of the same
}

// part is a change under construction: what it sets, what it removes, and what
// counts only when it is new.
type part struct {
	fhir.Object
	clear, once []string
	alias       []gateway.Identifier
}

// set puts an element if the field has a value, and removes it if the field
// says "".
func (p *part) set(element string, v er7.Value, value any) {
	if v.Null() {
		p.clear = append(p.clear, element)
		return
	}
	p.add(element, value)
}

// add puts an element, if it says anything.
func (p *part) add(element string, value any) {
	if o, ok := value.(fhir.Object); ok && string(o.JSON()) == "{}" {
		return
	}
	p.Object = p.With(element, value)
}

// initial puts an element that counts only for a new resource.
func (p *part) initial(element string, value any) {
	p.add(element, value)
	p.once = append(p.once, element)
}

// start begins a resource of a key with its identifier.
func start(typ string, key gateway.Identifier) *part {
	return &part{Object: fhir.Obj("resourceType", typ, "identifier", fhir.List{identifier(key)})}
}

// key is the identity of something of the sender's.
func (k *maker) key(name string, ids ...string) gateway.Identifier {
	return gateway.Identifier{System: codes.Own(string(k.partner.ID), name), Value: strings.Join(ids, "/")}
}

// token is a number made of words: keys hold no names.
func token(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// single makes a key differ from the same key earlier in the message.
func (k *maker) single(typ string, key gateway.Identifier) gateway.Identifier {
	name := typ + "|" + key.System + "|" + key.Value
	k.keys[name]++
	if n := k.keys[name]; n > 1 {
		key.Value += fmt.Sprint("#", n)
	}
	return key
}

// patch adds a change of a key and gives a reference to it.
func (k *maker) patch(key gateway.Identifier, p *part) fhir.Object {
	return k.change(gateway.Patch, key, p)
}

func (k *maker) change(op gateway.Op, key gateway.Identifier, p *part) fhir.Object {
	r, issues := p.Resource()
	k.out.Issues = append(k.out.Issues, issues...)
	if r == nil {
		return fhir.Object{}
	}
	url := tofhir.URL(k.partner.ID, r.Type, key)
	k.out.Changes = append(k.out.Changes, gateway.Change{Op: op, Type: r.Type, Key: key, Alias: p.alias, FullURL: url, Resource: r, Clear: p.clear, Once: p.once})
	return fhir.Obj("reference", url, "type", r.Type)
}

func identifier(id gateway.Identifier) fhir.Object {
	return fhir.Obj("system", id.System, "value", id.Value)
}

// at names a field: PID-3, NK1[2]-5.
func at(segment string, index, field int) string {
	return er7.Location{Segment: segment, Sequence: index + 1, Field: field}.Path()
}

// refuse reports what the message cannot be taken with.
func (k *maker) refuse(path, code, found, allowed, fix string) {
	k.out.Issues = append(k.out.Issues, fhir.Issue{Severity: fhir.Error, Code: code, Path: path, Found: found, Allowed: allowed, Fix: fix})
}

// warn reports what was left out.
func (k *maker) warn(path, found, allowed, fix string) {
	k.out.Issues = append(k.out.Issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeValue, Path: path, Found: found, Allowed: allowed, Fix: fix})
}

// unread names the segments that stay in the stored message only.
func (k *maker) unread(read []string) {
	var names []string
	for _, s := range k.er.Segments {
		id := s.ID()
		if !mapped(id, read) && !slices.Contains(names, id) {
			names = append(names, id)
		}
	}
	if len(names) > 0 {
		k.out.Issues = append(k.out.Issues, fhir.Issue{Severity: fhir.Information, Code: "not-supported", Found: "segments " + strings.Join(names, ", "),
			Fix: "nothing: they are kept with the message and become no FHIR resource"})
	}
}

// relate ties the child to a scope for a period.
func (k *maker) relate(scope gateway.Identifier, why, ref string) *gateway.Relation {
	k.out.Relations = append(k.out.Relations, gateway.Relation{
		Subject: k.out.Changes[0].FullURL, Member: k.member, Scope: gateway.ScopeIdentifier(scope), Why: why, Ref: ref})
	return &k.out.Relations[len(k.out.Relations)-1]
}

// provenance keeps where the resources of the message come from: sender,
// MSH-10, event and time (http://hl7.org/fhir/R4/provenance.html).
func (k *maker) provenance() {
	h := k.header
	var targets fhir.List
	for _, c := range k.out.Changes {
		targets = append(targets, fhir.Obj("reference", c.FullURL, "type", c.Type))
	}
	p := &part{Object: fhir.Obj("resourceType", "Provenance", "target", targets)}
	p.add("recorded", k.received())
	p.add("activity", fhir.Obj("coding", fhir.List{fhir.Obj("system", codes.Terminology+"v2-0003", "code", h.Event)}))
	p.add("agent", fhir.List{fhir.Obj("who", fhir.Obj("type", "Organization", "display", strings.Trim(h.SendingApp+" / "+h.SendingFacility, " /")))})
	p.add("entity", fhir.List{fhir.Obj("role", "source", "what", fhir.Obj("identifier",
		identifier(k.messageKey())))})
	k.change(gateway.Upsert, k.messageKey(), p)
}

// messageKey names the message: MSH-3, MSH-4 and MSH-10.
func (k *maker) messageKey() gateway.Identifier {
	return k.key("message", k.header.SendingApp, k.header.SendingFacility, k.header.Control)
}

// received is MSH-7 as an instant, else when the message came.
func (k *maker) received() string {
	if t, ok := k.parse(k.er.Get("MSH-7"), "MSH-7"); ok && t.clock {
		return t.instant()
	}
	return k.message.Received.UTC().Format(time.RFC3339)
}
