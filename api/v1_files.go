package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
	"github.com/throughline/throughline/mappings/record"
)

// Files takes whole files in and shows what became of them.
type Files interface {
	// Upload keeps a file and takes it in; State open means that it is still
	// being read when the request has waited long enough.
	Upload(ctx context.Context, f intake.File, body io.Reader) (*intake.File, error)
	// File reads a file of a partner's own; NotFound for any other.
	File(ctx context.Context, p gateway.PartnerID, id string) (*intake.File, []intake.Ack, error)
	// Answers are what the sender of a closed file gets.
	Answers(ctx context.Context, f *intake.File, acks []intake.Ack) []intake.Answer
}

// Media types of files beside those of messages.
const (
	mediaX12   = "application/edi-x12"
	mediaHL7   = "application/hl7-v2"
	mediaExcel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	mediaText  = "text/plain"
	mediaBytes = "application/octet-stream"
)

// uploadTime is how long a file may take to come in and be answered.
const uploadTime = 15 * time.Minute

// fileJSON is what a sender learns of a file.
type fileJSON struct {
	ID      string            `json:"id"`
	State   intake.State      `json:"state"`
	Summary jsontext.Value    `json:"summary"`
	Answers map[string]string `json:"answers"` // name -> URL
}

// sendFile is POST /v1/files: the body is one file, of any kind that folders
// take. It is answered with its summary, or, where the sender accepts X12, with
// its TA1, 999 and 271.
func (a *API) sendFile(ctx context.Context, c *call) (*reply, error) {
	if a.Files == nil {
		return nil, unsupported("a file", "messages at /v1/messages", "ask the gateway's operator")
	}
	values, err := c.values()
	if err != nil {
		return nil, err
	}
	f := intake.File{Partner: c.who.Partner.ID, Name: path.Base("/" + values.Get("name")), Kind: gateway.Kind(values.Get("kind"))}
	if f.Name == "/" {
		f.Name = "upload"
	}
	if name := string(f.Kind); record.SchemaOf(name) != nil {
		f.Kind = gateway.Kind("csv/" + name)
	} else if name != "" {
		return nil, malformed("kind", "no kind of record", strings.Join(record.Names, ", "), "leave it out, or add ?kind=service with a table")
	}
	got, err := a.Files.Upload(ctx, f, c.stream)
	if err != nil {
		return nil, err
	}
	if got.State == intake.Open {
		out := a.fileReply(got, nil)
		out.status, out.retry = http.StatusAccepted, 5*time.Second
		return out, nil
	}
	known, acks, err := a.Files.File(ctx, got.Partner, got.ID)
	if err != nil {
		return nil, err
	}
	known.Repeat = got.Repeat
	if len(acks) > 0 && accepts(c.header, mediaX12) && !accepts(c.header, mediaJSON) {
		return ackReply(known, acks), nil
	}
	return a.fileReply(known, a.Files.Answers(ctx, known, acks)), nil
}

// getFile is GET /v1/files/{id}: how far a file of the caller's own has come.
func (a *API) getFile(ctx context.Context, c *call) (*reply, error) {
	f, acks, err := a.ownFile(ctx, c)
	if err != nil {
		return nil, err
	}
	out := a.fileReply(f, a.Files.Answers(ctx, f, acks))
	out.status = http.StatusOK
	return out, nil
}

// getFileAnswer is GET /v1/files/{id}/{answer}: accepted, rejected, summary, ta1,
// 999 or 271.
func (a *API) getFileAnswer(ctx context.Context, c *call) (*reply, error) {
	f, acks, err := a.ownFile(ctx, c)
	if err != nil {
		return nil, err
	}
	answers := a.Files.Answers(ctx, f, acks)
	i := slices.IndexFunc(answers, func(x intake.Answer) bool { return x.Name == c.version })
	if i < 0 {
		return nil, notFound()
	}
	return &reply{status: http.StatusOK, media: mediaOf(c.version, f.Kind), stream: answers[i].Write}, nil
}

func (a *API) ownFile(ctx context.Context, c *call) (*intake.File, []intake.Ack, error) {
	if a.Files == nil || !isID(c.id) {
		return nil, nil, notFound()
	}
	f, acks, err := a.Files.File(ctx, c.who.Partner.ID, c.id)
	if err != nil {
		return nil, nil, a.unread(ctx, c, err)
	}
	return f, acks, a.audit(ctx, c, "", access.Event{ID: c.id})
}

func mediaOf(answer string, kind gateway.Kind) string {
	wire, _, _ := strings.Cut(string(kind), "/")
	switch {
	case answer == "ta1" || answer == "999" || answer == "271":
		return mediaX12
	case answer == "summary", answer == "rejected" && (wire == "json" || wire == "fhir"):
		return mediaJSON
	case answer == "accepted" || wire == "csv":
		return mediaCSV
	}
	return mediaText
}

// fileReply words a file: 200 when something of it is in, 422 when nothing is.
func (a *API) fileReply(f *intake.File, answers []intake.Answer) *reply {
	at := a.Base + "/v1/files/" + f.ID
	out := fileJSON{ID: f.ID, State: f.State, Summary: f.Summary(), Answers: map[string]string{}}
	if f.State != intake.Open {
		for _, x := range answers {
			out.Answers[x.Name] = at + "/" + x.Name
		}
	}
	r := &reply{status: http.StatusOK, media: mediaJSON, location: at, repeat: f.Repeat, body: mustJSON(out)}
	if f.State == intake.Quarantined || f.Counts.Units > 0 && f.Counts.Rejected == f.Counts.Units {
		r.status, r.code = http.StatusUnprocessableEntity, gateway.Invalid
	}
	return r
}

// ackReply is the acknowledgements alone, as an X12 partner reads them.
func ackReply(f *intake.File, acks []intake.Ack) *reply {
	var b bytes.Buffer
	for _, x := range acks {
		b.Write(x.Body)
	}
	return &reply{status: http.StatusOK, media: mediaX12, repeat: f.Repeat, body: b.Bytes()}
}

// packedFile refuses a packed body where a file is read as it comes.
func packedFile() error {
	return withStatus(http.StatusUnsupportedMediaType, gateway.NotSupported, issue("not-supported", "", "a Content-Encoding", "a file as it is", "send it unpacked"))
}
