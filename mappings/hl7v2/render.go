package hl7v2

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
)

// Render writes a delivery as HL7 v2: a Task with its ServiceRequest as REF, or
// as RRI to who sent the referral; an Appointment as SIU; a DiagnosticReport as
// ORU; a DocumentReference, and treatment updates of any kind, as MDM. Several
// of them are several messages in one body, which the sender sends in order.
//
// MSH-10 comes from the delivery's key and MSH-7 from the records, so that every
// try has the same bytes. Of several versions of one record the last is sent.
func Render(d *gateway.Delivery, p *gateway.Partner) (*gateway.Parcel, error) {
	return render(d, p, "P")
}

// RenderTest is Render in the world of tests: MSH-11 is T.
func RenderTest(d *gateway.Delivery, p *gateway.Partner) (*gateway.Parcel, error) {
	return render(d, p, "T")
}

func render(d *gateway.Delivery, p *gateway.Partner, processing string) (*gateway.Parcel, error) {
	r := &renderer{delivery: d, partner: p, hl7: p.HL7, processing: processing}
	if r.hl7 == nil {
		r.hl7 = &gateway.HL7{}
	}
	r.sort()
	for _, write := range []func() error{r.referrals, r.meetings, r.reports, r.documents, r.summary} {
		if err := write(); err != nil {
			return nil, err
		}
	}
	if r.count == 0 {
		return nil, gateway.Faultf("render", gateway.NotSupported, fhir.Issue{Code: "not-supported", Found: "nothing that has an HL7 v2 message: " + strings.Join(r.types(), ", "),
			Allowed: "Task, ServiceRequest, Appointment, DiagnosticReport, DocumentReference and treatment updates, not their deletion", Fix: "take the other types out of what this partner wants"})
	}
	return &gateway.Parcel{Delivery: d.ID, Key: d.Key, Kind: "hl7v2", Body: r.body}, nil
}

// renderer writes the messages of one delivery.
type renderer struct {
	delivery *gateway.Delivery
	partner  *gateway.Partner
	hl7      *gateway.HL7
	items    []sent           // what changed
	all      []*fhir.Resource // with what it refers to
	used     map[*fhir.Resource]bool
	body     []byte
	count    int // messages so far

	processing string // MSH-11
}

// sent is one record of the delivery and what happened to it.
type sent struct {
	*fhir.Resource
	verb gateway.Verb
}

// sort keeps the last version of each record that is still there.
func (r *renderer) sort() {
	r.used = map[*fhir.Resource]bool{}
	last := map[fhir.Ref]int{}
	for i, it := range r.delivery.Items {
		last[fhir.NewRef(it.Type, it.ID)] = i
	}
	for i, it := range r.delivery.Items {
		if res := r.delivery.Resources[i]; res != nil && last[fhir.NewRef(it.Type, it.ID)] == i {
			r.items = append(r.items, sent{res, it.Verb})
			r.all = append(r.all, res)
		}
	}
	r.all = append(r.all, r.delivery.Context...)
}

func (r *renderer) types() []string {
	var out []string
	for _, it := range r.delivery.Items {
		if !slices.Contains(out, it.Type) {
			out = append(out, it.Type)
		}
	}
	return out
}

// of are the changed records of a type.
func (r *renderer) of(typ string) []sent {
	var out []sent
	for _, s := range r.items {
		if s.Type == typ {
			out = append(out, s)
		}
	}
	return out
}

// follow finds what a Reference names among what the delivery has.
func (r *renderer) follow(reference *fhir.Node) *fhir.Resource {
	typ, id, _, _ := fhir.ParseRef(reference.Get("reference").Text())
	for _, res := range r.all {
		if typ != "" && res.Type == typ && res.ID == id {
			return res
		}
	}
	return nil
}

// start begins a message: MSH of the event, and the records it is made of,
// whose labels go into MSH-8 and whose time is its time.
func (r *renderer) start(typ, event, structure string, from ...*fhir.Resource) (*er7.Message, error) {
	m, err := er7.New(r.hl7.Charset)
	if err != nil {
		return nil, &gateway.Fault{Op: "render", Code: gateway.NotSupported, Err: err}
	}
	var at string
	var labels []string
	for _, res := range from {
		if res == nil {
			continue
		}
		r.used[res] = true
		at = max(at, res.Get("meta", "lastUpdated").Text())
		for _, l := range res.Get("meta", "security").Items() {
			if code := l.Get("code").Text(); code != "" && code != "N" && !slices.Contains(labels, code) {
				labels = append(labels, code)
			}
		}
	}
	slices.Sort(labels)
	r.count++
	m.First("MSH").Put(3, Namespace).Put(4, Namespace).Put(5, first(r.hl7.Applications)).Put(6, first(r.hl7.Facilities)).Put(7, stamp(at)).
		Put(8, strings.Join(labels, " ")).Put(9, typ, event, structure).Put(10, r.control()).Put(11, r.processing).Put(12, cmp.Or(r.hl7.Version, "2.5.1"))
	return m, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// control is MSH-10 of at most 20 characters (HL7 v2 2.14.9.10), the same on
// every try.
func (r *renderer) control() string {
	key := strings.ToUpper(r.delivery.Key)
	if r.count == 1 {
		return key[:min(20, len(key))]
	}
	tail := fmt.Sprint("-", r.count)
	return key[:min(20-len(tail), len(key))] + tail
}

// end adds a message to the body.
func (r *renderer) end(m *er7.Message) error {
	if m.Lost() {
		return gateway.Faultf("render", gateway.NotSupported, fhir.Issue{Code: "not-supported", Path: "MSH-18", Found: "characters that the partner's character set lacks", Fix: "set hl7v2.charset of the partner to UNICODE UTF-8"})
	}
	r.body = append(r.body, m.Encode()...)
	return nil
}

// stamp is a FHIR date, dateTime or instant as DTM.
func stamp(s string) string {
	day, clock, found := strings.Cut(s, "T")
	day = strings.ReplaceAll(day, "-", "")
	if !found {
		return day
	}
	clock = strings.Replace(clock, "Z", "+00:00", 1)
	return day + strings.ReplaceAll(clock, ":", "")
}

// systemNames are the names of table 0396 that we write, the usual one first.
var systemNames = []string{"LN", "SCT", "I10C", "I10", "I9C", "C4", "HCPCS", "NDC", "CVX", "RXNORM", "UCUM", "ISO639", "CDCREC"}

func systemName(system string) string {
	for _, name := range systemNames {
		if codingSystems[name] == system {
			return name
		}
	}
	if n, ok := strings.CutPrefix(system, codes.Terminology+"v2-"); ok {
		return "HL7" + n
	}
	if system == "" {
		return ""
	}
	return "L"
}

// coding writes a CodeableConcept as CWE: code, text, system, an alternate, and
// the words in 9 where they are others than the text.
func coding(n *fhir.Node) []string {
	out := make([]string, 9)
	text := n.Get("text").Text()
	list := n.Get("coding").Items()
	for i, c := range list[:min(2, len(list))] {
		out[i*3], out[i*3+1], out[i*3+2] = c.Get("code").Text(), c.Get("display").Text(), systemName(c.Get("system").Text())
	}
	if out[1] == "" {
		out[1] = text
	}
	if text != out[1] {
		out[8] = text
	}
	return out
}

// comments appends NTE segments, one for each text.
func comments(m *er7.Message, texts ...string) {
	n := 0
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			n++
			m.Append("NTE").Put(1, fmt.Sprint(n)).Put(3, t)
		}
	}
}

// texts are the texts of a list of annotations.
func texts(n *fhir.Node) []string {
	var out []string
	for _, item := range n.Items() {
		out = append(out, item.Get("text").Text())
	}
	return out
}
