package fhirrest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Exporter pulls a partner's data in bulk
// (http://hl7.org/fhir/uv/bulkdata/export.html): kick-off, status, files, DELETE.
// Every step is kept, and in a file the offset of the last line that was handed
// in, so that a pull which was cut off goes on there. Lines go in as a poll's
// versions do: each once, what is refused is held.
type Exporter struct {
	*Poller
}

// NewExporter makes the exporter of a partner with an Export and a FHIR endpoint.
func NewExporter(p *gateway.Partner, o Options, f Feeds, d Door, l gateway.Leases, holder string) (*Exporter, error) {
	poller, err := NewPoller(p, o, f, d, l, holder)
	if err != nil {
		return nil, err
	}
	return &Exporter{Poller: poller}, nil
}

// job is how far a pull has come.
type job struct {
	Since   time.Time    `json:"since,omitzero"`   // transactionTime of the last pull that is whole
	Status  string       `json:"status,omitempty"` // where to ask; empty = no pull is under way
	Time    time.Time    `json:"time,omitzero"`    // transactionTime of this one
	Files   []exportFile `json:"files,omitempty"`
	At      int          `json:"at"`     // file under way
	Offset  int64        `json:"offset"` // bytes of it that were handed in
	Started time.Time    `json:"started,omitzero"`

	gateway.FeedLook
}

type exportFile struct {
	URL    string `json:"url"`
	Type   string `json:"type"`
	Errors bool   `json:"errors,omitempty"` // OperationOutcomes, not data
}

// Waits and sizes of a pull.
const (
	exportWait  = 10 * time.Second // between two looks at the status, unless it asks for more
	exportLines = 200              // lines between two places
	maxLine     = 16 << 20
)

// Run pulls until ctx ends.
func (x *Exporter) Run(ctx context.Context) error {
	return x.repeat(ctx, "export", x.Once)
}

// Once takes the next step of a pull, and says how long to wait for the one
// after.
func (x *Exporter) Once(ctx context.Context) (time.Duration, error) {
	name := "export:" + string(x.partner.ID)
	ours, err := x.leases.Lease(ctx, name, x.holder, pollLease)
	if err != nil || !ours {
		return pollRetry, err
	}
	defer func() { _ = x.leases.Unlease(context.WithoutCancel(ctx), name, x.holder) }() // it ends by itself if this fails
	var j job
	text, err := x.feeds.Place(ctx, x.partner.ID, gateway.ExportFeed)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &j)
	}
	if err != nil {
		return pollRetry, err
	}
	failed := j.Fault != ""
	wait, err := x.step(ctx, name, &j)
	switch {
	case err != nil && ctx.Err() == nil:
		j.Failed(x.now(), err)
		err = errors.Join(err, x.keepJob(ctx, &j))
	case err == nil && failed:
		j.Fault = ""
		err = x.keepJob(ctx, &j)
	}
	if err != nil {
		var ask *gateway.Wait
		if wait = pollRetry; errors.As(err, &ask) {
			wait = max(wait, ask.For)
		}
	}
	return wait, err
}

func (x *Exporter) step(ctx context.Context, lease string, j *job) (time.Duration, error) {
	switch {
	case j.Status == "":
		if due := j.Started.Add(x.partner.Export.Every); x.now().Before(due) {
			return due.Sub(x.now()), nil
		}
		return 0, x.kickOff(ctx, j)
	case len(j.Files) == 0 && j.Time.IsZero():
		return x.status(ctx, j)
	case j.At < len(j.Files):
		return 0, x.file(ctx, lease, j)
	}
	return 0, x.end(ctx, j)
}

func (x *Exporter) kickOff(ctx context.Context, j *job) error {
	where := map[string]string{"system": "$export", "patient": "Patient/$export"}[x.partner.Export.Level]
	if where == "" {
		where = "Group/" + x.partner.Export.Group + "/$export"
	}
	q := url.Values{}
	if len(x.partner.Export.Types) > 0 {
		q.Set("_type", strings.Join(x.partner.Export.Types, ","))
	}
	if !j.Since.IsZero() {
		q.Set("_since", j.Since.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	if len(q) > 0 {
		where += "?" + q.Encode()
	}
	a, _, err := x.do(ctx, http.MethodGet, where, map[string]string{"Accept": mediaType, "Prefer": "respond-async"}, nil, maxSmall)
	if err != nil {
		return err
	}
	at := a.Header.Get("Content-Location")
	if a.Status != http.StatusAccepted || at == "" {
		return metadataFault("an export that is not accepted for later", "ask the partner whether it serves bulk export at this address")
	}
	*j = job{Since: j.Since, Status: at, Started: x.now(), FeedLook: gateway.FeedLook{Looked: j.Looked}}
	return x.keepJob(ctx, j)
}

// status asks whether the pull is ready. A job that the server has forgotten is
// started anew.
func (x *Exporter) status(ctx context.Context, j *job) (time.Duration, error) {
	a, text, err := x.do(ctx, http.MethodGet, j.Status, map[string]string{"Accept": "application/json"}, nil, maxPage)
	if a != nil && (a.Status == http.StatusNotFound || a.Status == http.StatusGone) {
		*j = job{Since: j.Since}
		return pollRetry, x.keepJob(ctx, j)
	}
	if err != nil {
		return 0, err
	}
	if a.Status == http.StatusAccepted {
		return min(max(a.RetryAfter(x.now()), exportWait), x.partner.Export.Every), nil
	}
	var m struct {
		Time   time.Time    `json:"transactionTime"`
		Output []exportFile `json:"output"`
		Error  []exportFile `json:"error"`
	}
	if json.Unmarshal(text, &m) != nil || m.Time.IsZero() {
		return 0, metadataFault("a manifest that cannot be read", "ask the partner")
	}
	for i := range m.Error {
		m.Error[i].Errors = true
	}
	j.Time, j.Files = m.Time, slices.Concat(m.Output, m.Error)
	return 0, x.keepJob(ctx, j)
}

// file hands in the lines of one file from where it was left.
func (x *Exporter) file(ctx context.Context, lease string, j *job) error {
	f := j.Files[j.At]
	var body io.ReadCloser
	_, err := x.authorized(ctx, map[string]string{"Accept": "application/fhir+ndjson"}, func(h map[string]string) (a *guard.Answer, err error) {
		a, body, err = x.client.Stream(ctx, f.URL, h)
		return a, err
	})
	if err != nil {
		return wordNext(err, f.URL)
	}
	defer body.Close()
	if _, err := io.CopyN(io.Discard, body, j.Offset); err != nil {
		return gateway.Faultf("export", gateway.Busy, fhir.Issue{Code: "incomplete", Found: "a file that is shorter than it was", Fix: "nothing: it is asked for again"})
	}
	if err := afterSends(ctx, x.feeds, x.partner.ID); err != nil {
		return err
	}
	if err := x.lines(ctx, lease, bufio.NewReaderSize(body, 64<<10), f, j); err != nil {
		return err
	}
	j.At, j.Offset = j.At+1, 0
	return x.keepJob(ctx, j)
}

func (x *Exporter) lines(ctx context.Context, lease string, from *bufio.Reader, f exportFile, j *job) error {
	for n := 1; ; n++ {
		line, err := readLine(from)
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return &gateway.Fault{Op: "export", Code: gateway.Busy, Err: err}
		}
		if len(strings.TrimSpace(string(line))) > 0 {
			if err := x.line(ctx, line, f); err != nil {
				return errors.Join(err, x.keepJob(ctx, j))
			}
			j.Found++
		}
		j.Offset += int64(len(line))
		if end {
			return nil
		}
		if n%exportLines == 0 {
			if _, err := x.leases.Lease(ctx, lease, x.holder, pollLease); err != nil {
				return err
			}
			if err := x.keepJob(ctx, j); err != nil {
				return err
			}
		}
	}
}

// readLine reads to the end of a line, of maxLine bytes at most.
func readLine(from *bufio.Reader) ([]byte, error) {
	var out []byte
	for {
		part, err := from.ReadSlice('\n')
		out = append(out, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return out, err
		}
		if len(out) > maxLine {
			return nil, errors.New("a line that is too long")
		}
	}
}

// line hands in one resource. Outcomes of an error file, and lines that are no
// resource, are given notice of.
func (x *Exporter) line(ctx context.Context, line []byte, f exportFile) error {
	r, _ := fhir.Parse(line, fhir.Limits{Bytes: maxLine})
	switch {
	case f.Errors && r != nil:
		x.notice("export: the partner reports " + strings.Join(codesOf(r.Get("issue"), "code"), ", ") + " in its error file")
		return nil
	case r == nil || r.ID == "" || f.Type != "" && r.Type != f.Type:
		x.notice("export: a line that is no " + f.Type + " with an id")
		return nil
	}
	known, err := x.feeds.RemotesOf(ctx, x.partner.ID, []fhir.Ref{r.Ref()})
	if err != nil {
		return err
	}
	if written(r, known) {
		return nil
	}
	return x.one(ctx, r, r.Get("meta", "versionId").Text())
}

// end lets the server forget the pull; the next one asks for what is newer.
func (x *Exporter) end(ctx context.Context, j *job) error {
	a, _, err := x.do(ctx, http.MethodDelete, j.Status, nil, nil, maxSmall)
	if err != nil && (a == nil || a.Status >= 500 || a.Status == http.StatusTooManyRequests) {
		return err
	}
	*j = job{Since: j.Time, Started: j.Started, FeedLook: gateway.FeedLook{Looked: x.now(), Found: j.Found}}
	return x.keepJob(ctx, j)
}

func (x *Exporter) keepJob(ctx context.Context, j *job) error {
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return x.feeds.Keep(ctx, x.partner.ID, gateway.ExportFeed, string(text))
}
