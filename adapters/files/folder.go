package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Entry is one thing in a folder.
type Entry struct {
	Name    string
	Size    int64
	Time    time.Time // of the last change
	Regular bool      // neither a folder nor a link nor a device
}

// Folders is a file system a partner and we share: the local one, or its SFTP
// server. Names are whole paths.
type Folders interface {
	List(dir string) ([]Entry, error)
	// Open opens a regular file; it follows no link.
	Open(name string) (io.ReadSeekCloser, error)
	// Write makes a file as a whole: temporary name, sync, rename, sync of the
	// folder. A file of that name is replaced.
	Write(name string, content func(io.Writer) error) error
	Rename(from, to string) error
	Remove(name string) error
	MakeDir(dir string) error
	Close()
}

// Dial opens the file system that a partner shares: ssh = nil is the local one.
func Dial(ctx context.Context, ssh *gateway.SSH) (Folders, error) {
	if ssh == nil {
		return local{}, nil
	}
	return dialSFTP(ctx, ssh)
}

// local is the machine's own file system.
type local struct{}

func (local) List(dir string) ([]Entry, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(list))
	for _, d := range list {
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken away since
		}
		if err != nil {
			return nil, err
		}
		out = append(out, entryOf(info))
	}
	return out, nil
}

func entryOf(info fs.FileInfo) Entry {
	return Entry{Name: info.Name(), Size: info.Size(), Time: info.ModTime(), Regular: info.Mode().IsRegular()}
}

func (local) Open(name string) (io.ReadSeekCloser, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// errNotRegular says that a name is a link, a folder or a device.
var errNotRegular = errors.New("no regular file")

// temporary is the name a file has until it is whole. Partners ignore names
// that begin with a dot.
func temporary(name string) string {
	return filepath.Join(filepath.Dir(name), ".tmp-"+filepath.Base(name))
}

func (local) Write(name string, content func(io.Writer) error) error {
	tmp := temporary(name)
	_ = os.Remove(tmp) // of a try that was cut off
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o640)
	if err != nil {
		return err
	}
	if err := errors.Join(content(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func (local) Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(to)), syncDir(filepath.Dir(from)))
}

func (local) Remove(name string) error { return os.Remove(name) }

// MakeDir makes a folder of our own below one of the partner's; a link in its
// place is refused.
func (local) MakeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o770); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err == nil && !info.IsDir() {
		err = errNotRegular
	}
	return err
}

func (local) Close() {}

// syncDir makes the names of a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
