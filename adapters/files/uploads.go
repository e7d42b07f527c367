package files

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
)

// OpenFiles counts the files of a partner that are being read.
type OpenFiles interface {
	OpenFiles(ctx context.Context, p gateway.PartnerID) (int, error)
}

// Uploads takes files in that come by HTTP. Once Upload has answered without an
// error, the file is on the disk and Run takes it in, whatever happens to the
// request and to the process.
type Uploads struct {
	Dir    string // of this instance alone
	Intake interface {
		Taker
		Identify(f *intake.File, open intake.Opener) (fhir.Issues, error)
	}
	Open  OpenFiles
	Max   int64         // bytes of one file
	Quota int           // files of one partner that may be open at once; 0 = 8
	Wait  time.Duration // how long a request waits for the end; 0 = 20 s
	Sweep time.Duration // how often Run looks; 0 = 2 s
	Log   *slog.Logger
}

// note stands beside each file: what its name cannot say.
type note struct {
	Partner gateway.PartnerID
	Name    string
	Kind    gateway.Kind
}

// Upload keeps a file and takes it in. The result is as it stands after Wait at
// the latest: State open means that it is still being read.
func (u *Uploads) Upload(ctx context.Context, f intake.File, body io.Reader) (*intake.File, error) {
	open, err := u.Open.OpenFiles(ctx, f.Partner)
	if err != nil {
		return nil, err
	}
	if open >= cmp.Or(u.Quota, 8) {
		return nil, gateway.Faultf("upload", gateway.Busy, fhir.Issue{Code: "throttled", Found: "as many files being read as you may have at once", Fix: "send it again when one of them is done"})
	}
	id := strings.ReplaceAll(uuid.NewString(), "-", "")
	f.Door, f.Name = "http", shown(f.Name)
	if err := u.spool(id, &f, body); err != nil {
		return nil, err
	}
	got, err := u.take(ctx, id, &f)
	if err == nil {
		return got, nil
	}
	f.State = intake.Open // it is kept: Run goes on with it
	u.Log.Info("upload goes on in the background", "op", "upload", "partner", f.Partner, "file", f.ID, "cause", gateway.FaultOf(err).Code)
	return &f, nil
}

// spool writes the file and its note, and gives the file its id.
func (u *Uploads) spool(id string, f *intake.File, body io.Reader) error {
	if err := os.MkdirAll(u.Dir, 0o700); err != nil {
		return worded(err)
	}
	path := u.path(id)
	err := local{}.Write(path, func(w io.Writer) error {
		n, err := io.Copy(w, io.LimitReader(body, u.Max+1))
		if err == nil && n > u.Max {
			err = tooLong(u.Max)
		}
		return err
	})
	if err != nil {
		return worded(err)
	}
	if _, err = u.Intake.Identify(f, u.opener(id)); err == nil {
		err = local{}.Write(path+".note", func(w io.Writer) error {
			return json.NewEncoder(w).Encode(note{f.Partner, f.Name, f.Kind})
		})
	}
	if err != nil {
		return errors.Join(worded(err), os.Remove(path))
	}
	return nil
}

func tooLong(limit int64) error {
	return gateway.Faultf("upload", gateway.TooLarge, fhir.Issue{Code: fhir.CodeTooLong, Found: "a file that is too long", Allowed: "at most " + megabytes(limit), Fix: "send it in parts"})
}

func (u *Uploads) path(id string) string { return filepath.Join(u.Dir, id+".upload") }

func (u *Uploads) opener(id string) intake.Opener {
	return func() (io.ReadSeekCloser, error) { return local{}.Open(u.path(id)) }
}

// take takes a kept file in, for as long as a request waits, and lets it go.
func (u *Uploads) take(ctx context.Context, id string, f *intake.File) (*intake.File, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(u.Wait, 20*time.Second))
	defer cancel()
	got, err := u.Intake.Take(ctx, *f, u.opener(id))
	if err != nil {
		return nil, err
	}
	return got, u.done(id, got)
}

// done removes what is in the ledger; what is quarantined is kept for a person.
func (u *Uploads) done(id string, f *intake.File) error {
	if f.State == intake.Quarantined {
		dir := filepath.Join(u.Dir, quarantineDir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return worded(err)
		}
		if err := os.Rename(u.path(id), filepath.Join(dir, f.ID)); err != nil && !absent(err) {
			return worded(err)
		}
	}
	for _, name := range []string{u.path(id), u.path(id) + ".note"} {
		if err := os.Remove(name); err != nil && !absent(err) {
			return worded(err)
		}
	}
	return nil
}

// Run takes in what requests did not wait for, and what a crash left over.
func (u *Uploads) Run(ctx context.Context) error {
	tick := time.NewTicker(cmp.Or(u.Sweep, 2*time.Second))
	defer tick.Stop()
	for {
		if err := u.Once(ctx); err != nil && ctx.Err() == nil {
			u.Log.Error("uploads", "op", "upload", "code", gateway.FaultOf(err).Code, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once goes through the kept files once.
func (u *Uploads) Once(ctx context.Context) error {
	notes, err := filepath.Glob(filepath.Join(u.Dir, "*.upload.note"))
	if err != nil {
		return err
	}
	var all error
	for _, name := range notes {
		if ctx.Err() != nil {
			return all
		}
		if err := u.resume(ctx, name); err != nil && !absent(err) && !locked(err) {
			all = errors.Join(all, err)
		}
	}
	return all
}

func (u *Uploads) resume(ctx context.Context, name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var n note
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	id := strings.TrimSuffix(filepath.Base(name), ".upload.note")
	f, err := u.Intake.Take(ctx, intake.File{Partner: n.Partner, Name: n.Name, Kind: n.Kind, Door: "http"}, u.opener(id))
	if err != nil {
		return err
	}
	return u.done(id, f)
}
