package files

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/sftptest"
	"github.com/throughline/throughline/gateway"
)

// arrivals are what a receiver of files remembers.
type arrivals struct {
	mu     sync.Mutex
	behave adaptertest.Behaviour
	tries  []adaptertest.Try
}

func (a *arrivals) Behave(b adaptertest.Behaviour) { a.mu.Lock(); defer a.mu.Unlock(); a.behave = b }
func (a *arrivals) Tries() []adaptertest.Try {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]adaptertest.Try(nil), a.tries...)
}

func (a *arrivals) how() adaptertest.Behaviour { a.mu.Lock(); defer a.mu.Unlock(); return a.behave }

func (a *arrivals) note(name string, body []byte, applied bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tries = append(a.tries, adaptertest.Try{Key: strings.TrimSuffix(filepath.Base(name), ".json"), Body: string(body), Applied: applied})
}

func isManifest(name string) bool { return strings.HasSuffix(name, ".manifest") }

// folderPeer is a folder on a disk that can be full, forbidden or broken. Every
// instance of the sender uses the same one.
type folderPeer struct {
	arrivals
	dir     string
	entered chan struct{}
}

func (p *folderPeer) URL() string              { return p.dir }
func (p *folderPeer) Entered() <-chan struct{} { return p.entered }
func (p *folderPeer) Restart()                 {}

func (p *folderPeer) dial(context.Context, *gateway.SSH) (Folders, error) {
	return brokenDisk{local{}, p}, nil
}

type brokenDisk struct {
	Folders
	peer *folderPeer
}

// Write fails as a disk does: before anything of the file is under its name, or
// after the rename, when the folder is synced.
func (d brokenDisk) Write(name string, content func(io.Writer) error) error {
	how, data := d.peer.how(), !isManifest(name)
	fault := map[adaptertest.Behaviour]error{adaptertest.Fails: syscall.ENOSPC, adaptertest.Refuses: syscall.EACCES, adaptertest.Resets: syscall.ESTALE}[how]
	var kept strings.Builder
	err := d.Folders.Write(name, func(w io.Writer) error {
		if err := content(io.MultiWriter(w, &kept)); err != nil || fault == nil {
			return err
		}
		return &os.PathError{Op: "write", Path: adaptertest.Canary, Err: fault}
	})
	if data {
		d.peer.note(name, []byte(kept.String()), err == nil)
		d.peer.entered <- struct{}{}
	}
	if err == nil && how == adaptertest.DropsReply {
		err = &os.PathError{Op: "sync", Path: adaptertest.Canary, Err: syscall.EIO}
	}
	return err
}

// sftpPeer is an SFTP server that behaves.
type sftpPeer struct {
	arrivals
	*sftptest.Server
	dir     string
	entered chan struct{}
	late    sync.WaitGroup // what is done once the sender has gone; nobody is served before
	opened  string         // name of the file that is written
}

func newSFTPPeer(t *testing.T) *sftpPeer {
	t.Helper()
	p := &sftpPeer{Server: sftptest.New(t), dir: t.TempDir(), entered: make(chan struct{}, 64)}
	p.Meet(p.meet)
	return p
}

func (p *sftpPeer) URL() string              { return "sftp://" + p.SSH.Host }
func (p *sftpPeer) Entered() <-chan struct{} { return p.entered }

// meet says what is done with a request: a file arrives with its rename.
func (p *sftpPeer) meet(ctx context.Context, r sftptest.Request) sftptest.Deed {
	p.late.Wait()
	how := p.how()
	switch {
	case r.Op == "open":
		p.opened = r.Path
	case r.Op == "write" && how == adaptertest.Fails && !isManifest(p.opened):
		p.note(strings.TrimPrefix(filepath.Base(p.opened), ".tmp-"), r.Data, false)
		return sftptest.Fail
	case r.Op == "rename" && isManifest(r.To) && how == adaptertest.DropsReply:
		return sftptest.Lose
	case r.Op == "rename" && !isManifest(r.To):
		return p.arrives(ctx, r, how)
	}
	return sftptest.Serve
}

func (p *sftpPeer) arrives(ctx context.Context, r sftptest.Request, how adaptertest.Behaviour) sftptest.Deed {
	body, err := os.ReadFile(r.Path)
	if err != nil {
		return sftptest.Fail
	}
	applied := how == adaptertest.Well || how == adaptertest.DropsReply || how == adaptertest.Late
	p.note(r.To, body, applied)
	if how == adaptertest.Late {
		p.late.Add(1)
		defer p.late.Done()
	}
	p.entered <- struct{}{}
	switch how {
	case adaptertest.Well:
		return sftptest.Serve
	case adaptertest.DropsReply:
		return sftptest.Lose
	case adaptertest.Refuses:
		return sftptest.Refuse
	case adaptertest.Silent:
		<-ctx.Done()
	case adaptertest.Late:
		<-ctx.Done()
		if err := os.Rename(r.Path, r.To); err != nil {
			return sftptest.Fail
		}
	}
	return sftptest.Cut
}
