package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/config"
)

// The admin socket lets the command line work on data that a server holds: it
// asks the server to run the verb. Whoever may write to the socket file may do
// what the operator may, so the file is the operator's own (0600).
//
// A request is POST /run with the Order in a header and stdin as its body; the
// answer is a stream of frames: a byte for the kind, four for the length, then
// the content.
const orderHeader = "Throughline-Order"

// order is one command line from elsewhere.
type order struct {
	Args []string `json:"args"`
	Dir  string   `json:"dir"`
	TTY  bool     `json:"tty"`
}

// Kinds of frames.
const (
	frameOut  = 'o'
	frameErr  = 'e'
	frameExit = 'x' // four bytes: the exit code; the last frame
)

// maxSocketPath is what every system takes as the name of a socket.
const maxSocketPath = 100

// socketPath is where the server of a data directory listens: beside the data,
// or under a short name when that is too long for a socket.
func socketPath(dir string) string {
	path := filepath.Join(dir, "admin.sock")
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if len(path) <= maxSocketPath {
		return path
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(os.TempDir(), "throughline-"+hex.EncodeToString(sum[:8])+".sock")
}

// socketDir is the directory of the data this process alone holds.
func (a *App) socketDir() (string, bool) {
	dialect, target := a.Config.Store.Target()
	return filepath.Dir(target), dialect == config.SQLite
}

// adminSocket serves the socket.
type adminSocket struct {
	app *App
	dir string
}

// Run listens until ctx ends. A socket file left behind by a killed server is
// replaced: the lock says that no other server lives.
func (s *adminSocket) Run(ctx context.Context) error {
	path := socketPath(s.dir)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(err, l.Close())
	}
	srv := &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 1 << 20,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if srv.Shutdown(within) != nil {
			_ = srv.Close() // whoever is still asking is cut off
		}
	})
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serve runs one order.
func (s *adminSocket) serve(w http.ResponseWriter, r *http.Request) {
	o, err := orderOf(r)
	if err != nil {
		http.Error(w, "not an order", http.StatusBadRequest)
		return
	}
	control := http.NewResponseController(w)
	if err := control.EnableFullDuplex(); err != nil {
		http.Error(w, "no full duplex", http.StatusInternalServerError)
		return
	}
	frames := &framed{w: w, flush: control.Flush}
	c := &cli{in: r.Body, out: frames.of(frameOut), errs: frames.of(frameErr), dir: o.Dir, env: config.Environ(), tty: o.TTY, app: s.app}
	code := c.execute(r.Context(), o.Args)
	_, _ = frames.of(frameExit).Write(binary.BigEndian.AppendUint32(nil, uint32(code))) // the other side has gone: there is nobody to tell
}

func orderOf(r *http.Request) (o order, err error) {
	text, err := base64.StdEncoding.DecodeString(r.Header.Get(orderHeader))
	if err != nil || r.Method != http.MethodPost {
		return o, errors.New("not an order")
	}
	return o, json.Unmarshal(text, &o)
}

// framed writes frames of several kinds to one stream.
type framed struct {
	mu    sync.Mutex
	w     io.Writer
	flush func() error
}

// frameWriter writes frames of one kind.
type frameWriter struct {
	to   *framed
	kind byte
}

func (f *framed) of(kind byte) io.Writer { return frameWriter{f, kind} }

// Write sends one frame.
func (f frameWriter) Write(b []byte) (int, error) {
	f.to.mu.Lock()
	defer f.to.mu.Unlock()
	head := binary.BigEndian.AppendUint32([]byte{f.kind}, uint32(len(b)))
	if _, err := f.to.w.Write(append(head, b...)); err != nil {
		return 0, err
	}
	return len(b), f.to.flush()
}
