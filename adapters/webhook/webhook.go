// Package webhook tells a partner that records changed, after the Standard
// Webhooks convention (https://www.standardwebhooks.com): webhook-id is the
// delivery's key and the same on every try, webhook-timestamp is the time of the
// try, webhook-signature has one "v1,<base64 HMAC-SHA256>" for every secret, the
// newest first, so that a secret can be changed without a gap.
//
// The payload names records and holds none: types, ids, versions, what happened,
// and the message that did it. The receiver reads them through the FHIR door,
// where its own rights are asked again.
//
// The package knows one partner's endpoint; it must not know stores, lanes or
// retries, and never logs.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// EventType is the type of every payload.
const EventType = "throughline.records.changed"

// The headers of the convention.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// Render makes the payload of a delivery. It is the same bytes on every try.
func Render(d *gateway.Delivery, _ *gateway.Partner) (*gateway.Parcel, error) {
	if len(d.Items) == 0 {
		return nil, gateway.Faultf("render", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "a delivery with nothing in it"})
	}
	records := make(fhir.List, len(d.Items))
	for i, it := range d.Items {
		records[i] = fhir.Obj("type", it.Type, "id", it.ID, "version", it.Version, "change", it.Verb)
	}
	body := fhir.Obj("type", EventType, "data", fhir.Obj("message", d.Message, "records", records)).JSON()
	return &gateway.Parcel{Delivery: d.ID, Key: d.Key, Kind: "webhook", Method: "POST", Body: body,
		Header: map[string]string{"Content-Type": "application/json"}}, nil
}

// Options are what the partner's profile does not say.
type Options struct {
	Now   func() time.Time // nil = time.Now
	Allow []netip.Prefix   // private networks its name may resolve to
}

// Sender posts parcels to one partner's receiver.
type Sender struct {
	client  *guard.Client
	secrets [][]byte
	now     func() time.Time
}

// New makes the sender of a partner, which needs a secret.
func New(p *gateway.Partner, o Options) (*Sender, error) {
	client, err := guard.New(p.Deliver.URL, guard.Options{Timeout: p.Deliver.Timeout, Allow: o.Allow})
	if err != nil {
		return nil, err
	}
	s := &Sender{client: client, now: o.Now}
	if s.now == nil {
		s.now = time.Now
	}
	for _, text := range p.Deliver.Secrets {
		secret, err := Secret(text)
		if err != nil {
			return nil, err
		}
		s.secrets = append(s.secrets, secret)
	}
	if len(s.secrets) == 0 {
		return nil, errors.New("webhook: no signing secret")
	}
	return s, nil
}

// Secret reads a signing secret: "whsec_" and base64, as the convention writes
// it, or any other text as it stands; 16 bytes or more.
func Secret(text string) ([]byte, error) {
	secret := []byte(text)
	if coded, ok := strings.CutPrefix(text, "whsec_"); ok {
		var err error
		if secret, err = base64.StdEncoding.DecodeString(coded); err != nil {
			return nil, errors.New("webhook: a secret that begins with whsec_ goes on in base64")
		}
	}
	if len(secret) < 16 {
		return nil, errors.New("webhook: a secret needs 16 bytes or more")
	}
	return secret, nil
}

// Sign is one signature of a payload: "v1,<base64>".
func Sign(secret []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Tolerance is how far a receiver lets the timestamp be from its own clock.
const Tolerance = 5 * time.Minute

// Verify is the receiver's side: one of the signatures must be of one of its
// secrets, and the timestamp near now.
func Verify(secrets [][]byte, id, timestamp, signatures string, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > Tolerance {
		return false
	}
	for signature := range strings.FieldsSeq(signatures) {
		for _, secret := range secrets {
			if hmac.Equal([]byte(signature), []byte(Sign(secret, id, timestamp, body))) {
				return true
			}
		}
	}
	return false
}

// Close ends idle connections.
func (s *Sender) Close() { s.client.Close() }

// Send posts a parcel; remote is the receiver's request id, if it says one.
func (s *Sender) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	signatures := make([]string, len(s.secrets))
	for i, secret := range s.secrets {
		signatures[i] = Sign(secret, p.Key, timestamp, p.Body)
	}
	header := map[string]string{HeaderID: p.Key, HeaderTimestamp: timestamp, HeaderSignature: strings.Join(signatures, " ")}
	for k, v := range p.Header {
		header[k] = v
	}
	a, err := s.client.Do(ctx, p.Method, p.Path, header, p.Body)
	if err != nil {
		return "", err
	}
	return a.Header.Get("X-Request-Id"), nil
}
