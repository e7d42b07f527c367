package files

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/gateway/intake"
)

// Taker takes files in: gateway/intake.
type Taker interface {
	Take(ctx context.Context, f intake.File, open intake.Opener) (*intake.File, error)
	Answers(ctx context.Context, f *intake.File, acks []intake.Ack) []intake.Answer
}

// Acks reads the acknowledgements a file was answered with.
type Acks interface {
	Acks(ctx context.Context, id string) ([]intake.Ack, error)
}

// Pickup watches one folder of one partner.
type Pickup struct {
	Partner gateway.PartnerID
	From    gateway.Pickup
	Intake  Taker
	Acks    Acks
	Now     func() time.Time
	Log     *slog.Logger
	Looked  func(context.Context, gateway.FeedLook) // hears of looks: at most once a minute, but of what has changed at once; nil = nobody

	look gateway.FeedLook // the last that was told of
	took int64            // files since then

	seen map[string]Entry // what the last look found, for Ready = "stable"
	day  string           // of the last purge
}

// Folders of ours below a partner's.
const (
	workDir       = ".work"
	quarantineDir = "quarantine"
)

// Run looks until ctx ends. A folder or server that is away is asked again at
// the next look.
func (p *Pickup) Run(ctx context.Context) error {
	tick := time.NewTicker(p.From.Poll)
	defer tick.Stop()
	for {
		err := p.Once(ctx)
		p.told(ctx, err)
		if err != nil && ctx.Err() == nil {
			p.Log.Error("pickup", "op", "pickup", "partner", p.Partner, "code", gateway.FaultOf(err).Code, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// told says what became of a look.
func (p *Pickup) told(ctx context.Context, err error) {
	if p.Looked == nil || ctx.Err() != nil {
		return
	}
	now, look := p.Now(), p.look
	if look.Fault = ""; err != nil {
		look.Failed(now, err)
	} else {
		look.Looked = now
	}
	if p.took > 0 {
		look.Found = p.took
	}
	last := p.look.Looked
	if p.look.Tried.After(last) {
		last = p.look.Tried
	}
	if look.Fault != p.look.Fault || p.took > 0 || now.Sub(last) >= time.Minute {
		p.look, p.took = look, 0
		p.Looked(ctx, look)
	}
}

// Once looks once: what is finished is claimed, what is claimed is taken in, what
// is too old in the archive is deleted.
func (p *Pickup) Once(ctx context.Context) error {
	dirs, err := Dial(ctx, p.From.SSH)
	if err != nil {
		return worded(err)
	}
	defer dirs.Close()
	for _, dir := range []string{p.work(), p.From.Answers, p.From.Archive, p.quarantine()} {
		if err := dirs.MakeDir(dir); err != nil {
			return worded(err)
		}
	}
	if err := p.claimAll(dirs); err != nil {
		return worded(err)
	}
	return errors.Join(p.takeAll(ctx, dirs), p.purge(dirs))
}

func (p *Pickup) work() string       { return path.Join(p.From.Path, workDir) }
func (p *Pickup) quarantine() string { return path.Join(p.From.Archive, quarantineDir) }

// claimAll moves finished files into .work, the oldest first.
func (p *Pickup) claimAll(dirs Folders) error {
	list, err := dirs.List(p.From.Path)
	if err != nil {
		return err
	}
	oldestFirst(list)
	names := map[string]bool{}
	for _, e := range list {
		names[e.Name] = true
	}
	now := map[string]Entry{}
	for _, e := range list {
		if strings.HasPrefix(e.Name, ".") || p.From.Ready == "done" && strings.HasSuffix(e.Name, ".done") {
			continue
		}
		if !e.Regular {
			p.Log.Warn("not a regular file: left where it is", "op", "pickup", "partner", p.Partner, "code", "malformed")
			continue
		}
		if now[e.Name] = e; !p.ready(e, names) {
			continue
		}
		if err := p.claim(dirs, e.Name); err != nil {
			return err
		}
	}
	p.seen = now
	return nil
}

func oldestFirst(list []Entry) {
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Name, b.Name)) })
}

// ready says whether nobody writes to a file any more.
func (p *Pickup) ready(e Entry, names map[string]bool) bool {
	switch p.From.Ready {
	case "done":
		return names[e.Name+".done"]
	case "rename":
		lower := strings.ToLower(e.Name)
		return !strings.HasSuffix(lower, ".tmp") && !strings.HasSuffix(lower, ".part") && !strings.HasSuffix(lower, ".filepart")
	}
	before, ok := p.seen[e.Name]
	return ok && before.Size == e.Size && before.Time.Equal(e.Time)
}

// claim takes a file for us: of several instances, the rename of one succeeds.
func (p *Pickup) claim(dirs Folders, name string) error {
	token := strings.ReplaceAll(uuid.NewString(), "-", "")[:12]
	err := dirs.Rename(path.Join(p.From.Path, name), path.Join(p.work(), token+"~"+name))
	if absent(err) {
		return nil // another instance was first, or the partner took it back
	}
	if err == nil && p.From.Ready == "done" {
		_ = dirs.Remove(path.Join(p.From.Path, name+".done")) // left over, it names nothing
	}
	return err
}

// takeAll takes in what is in .work, of this instance or of one that died. A
// file that another instance reads is left to it; one that fails does not stop
// the others.
func (p *Pickup) takeAll(ctx context.Context, dirs Folders) error {
	list, err := dirs.List(p.work())
	if err != nil {
		return worded(err)
	}
	oldestFirst(list)
	var all error
	for _, e := range list {
		if ctx.Err() != nil {
			return all
		}
		if err := p.take(ctx, dirs, e); err != nil && !locked(err) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// locked says that another instance reads the file.
func locked(err error) bool {
	f := gateway.FaultOf(err)
	return f.Code == gateway.Busy && len(f.Issues) > 0 && f.Issues[0].Code == "lock-error"
}

// take takes one file in, answers it and moves it away.
func (p *Pickup) take(ctx context.Context, dirs Folders, e Entry) error {
	name := path.Join(p.work(), e.Name)
	_, original, _ := strings.Cut(e.Name, "~")
	if !e.Regular {
		return worded(dirs.Rename(name, path.Join(p.quarantine(), p.stamp()+"-"+clean(e.Name))))
	}
	door := "folder"
	if p.From.SSH != nil {
		door = "sftp"
	}
	f, err := p.Intake.Take(ctx, intake.File{Partner: p.Partner, Door: door, Name: shown(original)},
		func() (io.ReadSeekCloser, error) { return dirs.Open(name) })
	if absent(err) {
		return nil // another instance has finished it
	}
	if err != nil {
		return unlessFenced(err)
	}
	p.took++
	acks, err := p.Acks.Acks(ctx, f.ID)
	if err != nil {
		return err
	}
	base := clean(original) + "." + f.ID[len(f.ID)-8:] + "."
	for _, a := range p.Intake.Answers(ctx, f, acks) {
		if err := dirs.Write(path.Join(p.From.Answers, base+a.Name), a.Write); err != nil {
			return worded(err)
		}
	}
	to := p.From.Archive
	if f.State == intake.Quarantined {
		to = p.quarantine()
		p.Log.Error("file quarantined", "op", "pickup", "partner", p.Partner, "file", f.ID, "code", "invalid")
	}
	err = dirs.Rename(name, path.Join(to, p.stamp()+"-"+f.ID[len(f.ID)-8:]+"-"+e.Name[:min(12, len(e.Name))]+"-"+clean(original)))
	if absent(err) {
		return nil
	}
	return worded(err)
}

// unlessFenced words an error that is the folder's or the server's, not that of
// an instance whose lease has ended.
func unlessFenced(err error) error {
	if errors.Is(err, gateway.ErrFenced) {
		return err
	}
	return worded(err)
}

func (p *Pickup) stamp() string { return p.Now().UTC().Format("20060102") }
