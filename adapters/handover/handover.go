// Package handover is the wire of receivers without a system: for every referral
// that is theirs to answer it makes a one-time link and puts a note with it into
// a folder, from where people print or mail it. The note names nobody; the page
// behind the link shows what an answer needs.
//
// It sends no mail. It knows one folder; it must not know stores or retries, and
// never logs.
package handover

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Wire is the name of the wire in a configuration.
const Wire = "link"

// Render picks the referral that waits for an answer. A delivery without one has
// nothing for a receiver of this kind: it is a fault that says so.
func Render(d *gateway.Delivery, _ *gateway.Partner) (*gateway.Parcel, error) {
	p := &gateway.Parcel{Delivery: d.ID, Key: d.Key, Kind: Wire}
	for i, item := range d.Items {
		if item.Type != "Task" || d.Resources[i] == nil || !gateway.IsReferral(d.Resources[i]) {
			continue
		}
		p.Items, p.Resources = append(p.Items, item), append(p.Resources, d.Resources[i])
	}
	if len(p.Items) == 0 {
		return nil, gateway.Faultf("render", gateway.NotSupported, fhir.Issue{Code: "not-supported", Found: "a delivery without a referral", Allowed: "Task alone in the partner's wants: a link answers referrals",
			Fix: "set wants: [{types: [Task]}], then skip this delivery"})
	}
	return p, nil
}

// Links makes the link of a Task version; the same delivery gets the same one.
// An empty address says that the Task waits for no answer.
type Links interface {
	Address(ctx context.Context, p gateway.PartnerID, d gateway.DeliveryID, task *fhir.Resource, version int64) (address string, expires time.Time, err error)
}

// Sender writes notes into one folder.
type Sender struct {
	partner *gateway.Partner
	links   Links
}

// New makes the sender of a partner.
func New(p *gateway.Partner, l Links) *Sender { return &Sender{partner: p, links: l} }

// Send makes the links and writes the note; remote is its file name.
func (s *Sender) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	var name string
	for i, item := range p.Items {
		address, expires, err := s.links.Address(ctx, s.partner.ID, p.Delivery, p.Resources[i], item.Version)
		if err != nil {
			return "", err
		}
		if address == "" {
			continue
		}
		name = "referral-" + gateway.LinkID(string(p.Delivery) + string(fhir.NewRef(item.Type, item.ID)))[:12] + ".txt"
		if err := s.write(name, note(s.partner.Name, address, expires)); err != nil {
			return "", &gateway.Fault{Op: "send", Code: gateway.Busy, Err: err}
		}
	}
	return name, nil
}

// note is what people hand over. The address is its only secret.
func note(name, address string, expires time.Time) string {
	return strings.Join([]string{
		"To: " + name, "",
		"A referral waits for your answer. Open this address, once, to see what is asked",
		"and to accept or decline it:", "",
		address, "",
		fmt.Sprintf("It can be answered until %s. Whoever has the address can answer: do not pass it on.", expires.UTC().Format("2 January 2006 15:04 MST")), "",
	}, "\r\n")
}

// write makes the file whole or not at all: temporary name, fsync, rename.
func (s *Sender) write(name, text string) error {
	dir := s.partner.Deliver.Path
	f, err := os.CreateTemp(dir, ".note-*")
	if err != nil {
		return fmt.Errorf("the hand-over folder cannot be written")
	}
	_, err = f.WriteString(text)
	for _, step := range []func() error{f.Sync, f.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("the hand-over folder cannot be written")
	}
	return nil
}
