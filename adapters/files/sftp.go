package files

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"path"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/throughline/throughline/gateway"
)

// Limits of a connection to a partner's SFTP server.
const (
	dialTimeout = 15 * time.Second
	maxList     = 100_000 // entries of one folder
)

// errHostKey says that the server showed a key that is not pinned.
var errHostKey = errors.New("sftp: the server's host key is not one of host_keys")

// remote is a partner's SFTP server.
type remote struct {
	*sftp.Client
	conn *ssh.Client
	stop func() bool
}

// dialSFTP connects and logs in. When ctx ends, the connection is cut.
func dialSFTP(ctx context.Context, s *gateway.SSH) (Folders, error) {
	config, err := clientConfig(s)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", s.Host)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(dialTimeout)) // of the handshake
	c, chans, reqs, err := ssh.NewClientConn(conn, s.Host, config)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	_ = conn.SetDeadline(time.Time{})
	client := ssh.NewClient(c, chans, reqs)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	files, err := sftp.NewClient(client)
	if err != nil {
		stop()
		return nil, errors.Join(err, client.Close())
	}
	return &remote{Client: files, conn: client, stop: stop}, nil
}

func clientConfig(s *gateway.SSH) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{User: s.User, Timeout: dialTimeout, HostKeyCallback: pinned(s.HostKeys)}
	if s.Password != "" {
		config.Auth = []ssh.AuthMethod{ssh.Password(s.Password)}
		return config, nil
	}
	key, err := ssh.ParsePrivateKey([]byte(s.Key))
	if err != nil {
		return nil, errors.New("sftp: the private key is no PEM of an SSH key without passphrase")
	}
	config.Auth = []ssh.AuthMethod{ssh.PublicKeys(key)}
	return config, nil
}

// pinned accepts the keys that were agreed and no other.
func pinned(keys []string) ssh.HostKeyCallback {
	return func(_ string, _ net.Addr, key ssh.PublicKey) error {
		line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
		for _, k := range keys {
			for _, have := range []string{line, ssh.FingerprintSHA256(key)} {
				if subtle.ConstantTimeCompare([]byte(k), []byte(have)) == 1 {
					return nil
				}
			}
		}
		return errHostKey
	}
}

// List gives the entries of a folder. A name with a slash, as only a hostile
// server sends, is left out.
func (r *remote) List(dir string) ([]Entry, error) {
	list, err := r.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if len(list) > maxList {
		return nil, errors.New("sftp: a folder with more than 100000 entries")
	}
	out := make([]Entry, 0, len(list))
	for _, info := range list {
		if name := info.Name(); !strings.ContainsAny(name, "/\\\x00") && name != "." && name != ".." {
			out = append(out, entryOf(info))
		}
	}
	return out, nil
}

// Open opens a regular file.
func (r *remote) Open(name string) (io.ReadSeekCloser, error) {
	info, err := r.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	return r.Client.Open(name)
}

// Write makes a file as a whole, as far as the server can: fsync and an atomic
// rename are extensions of OpenSSH.
func (r *remote) Write(name string, content func(io.Writer) error) error {
	tmp := path.Join(path.Dir(name), ".tmp-"+path.Base(name))
	f, err := r.Create(tmp)
	if err != nil {
		return err
	}
	if err := errors.Join(content(f), unlessUnsupported(f.Sync()), f.Close()); err != nil {
		return errors.Join(err, r.Remove(tmp))
	}
	if _, ok := r.HasExtension("posix-rename@openssh.com"); ok {
		return r.PosixRename(tmp, name)
	}
	_ = r.Remove(name) // a plain rename refuses a name that is there
	return r.Rename(tmp, name)
}

func unlessUnsupported(err error) error {
	var status *sftp.StatusError
	if errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxOpUnsupported {
		return nil
	}
	return err
}

// MakeDir makes a folder and those above it.
func (r *remote) MakeDir(dir string) error { return r.MkdirAll(dir) }

// Close ends the connection.
func (r *remote) Close() {
	r.stop()
	_ = r.Client.Close()
	_ = r.conn.Close() // it is gone either way
}
