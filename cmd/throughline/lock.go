package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockName is the file whose lock says that a process holds the data.
const lockName = "throughline.lock"

// errHeld says that another process holds the data.
var errHeld = errors.New("another throughline process holds the data")

// lockDir takes the lock of a data directory; release gives it back. The lock
// ends with the process, also when that is killed.
func lockDir(dir string) (release func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, &failure{code: exitFault, err: fmt.Errorf("%w in %s", errHeld, dir), todo: "stop it, or wait until it has ended; several servers need --store postgres://..."}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f.Close, nil
}
