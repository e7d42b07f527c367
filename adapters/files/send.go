package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"path"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Sealer finishes a parcel with what is not known before it is sent: the
// envelope of an interchange with its control numbers, the same on every try.
type Sealer func(ctx context.Context, p *gateway.Parcel) (body []byte, err error)

// Sender puts parcels into a partner's folder.
type Sender struct {
	to     gateway.Endpoint
	seal   Sealer
	awaits time.Duration
	dial   func(context.Context, *gateway.SSH) (Folders, error)
}

// New makes the sender of a partner. seal may be nil.
func New(p *gateway.Partner, seal Sealer) (*Sender, error) {
	s := &Sender{to: *p.Deliver, seal: seal, dial: Dial}
	if p.Deliver.SSH != nil {
		if _, err := clientConfig(p.Deliver.SSH); err != nil {
			return nil, err
		}
	}
	if p.X12 != nil && p.Deliver.Format == "x12" {
		s.awaits = p.X12.Ack
	}
	return s, nil
}

// Awaits says how long the partner's acknowledgement may take.
func (s *Sender) Awaits(*gateway.Parcel) time.Duration { return s.awaits }

// manifest stands beside each file and is written after it: once it is there,
// the file is whole.
type manifest struct {
	File     string `json:"file"`
	Bytes    int    `json:"bytes"`
	SHA256   string `json:"sha256"`
	Records  string `json:"records,omitempty"`
	Delivery string `json:"delivery"`
}

// Send writes the parcel as one file and its manifest; remote is the file's
// name. A file of that name with the same content is one that an earlier try
// wrote: it stays.
func (s *Sender) Send(ctx context.Context, p *gateway.Parcel) (string, error) {
	body := p.Body
	if s.seal != nil {
		var err error
		if body, err = s.seal(ctx, p); err != nil {
			return "", err
		}
	}
	dirs, err := s.dial(ctx, s.to.SSH)
	if err != nil {
		return "", worded(err)
	}
	defer dirs.Close()
	if err := put(dirs, path.Join(s.to.Path, p.Path), body); err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	note, err := json.MarshalIndent(manifest{File: p.Path, Bytes: len(body), SHA256: hex.EncodeToString(sum[:]), Records: p.Header["Records"], Delivery: p.Key}, "", "  ")
	if err != nil {
		return "", err
	}
	return p.Path, put(dirs, path.Join(s.to.Path, p.Path+".manifest"), append(note, '\n'))
}

// put writes a file unless it is there with the same content; it never replaces
// another.
func put(dirs Folders, name string, body []byte) error {
	have, err := read(dirs, name, len(body))
	switch {
	case err == nil && bytes.Equal(have, body):
		return nil
	case err == nil:
		return gateway.Faultf("files", gateway.Conflict, fhir.Issue{Code: "conflict", Found: "another file under the name of this delivery", Allowed: "no file, or the same", Fix: "ask who wrote it, move it away, release the delivery"})
	case !absent(err):
		return worded(err)
	}
	return worded(dirs.Write(name, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	}))
}

// read reads a file that should have size bytes; of a longer one a byte more.
func read(dirs Folders, name string, size int) ([]byte, error) {
	f, err := dirs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(size)+1))
}
