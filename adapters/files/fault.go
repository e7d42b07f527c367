package files

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/pkg/sftp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// absent says that a file or folder is not there.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// worded says what went wrong with a folder or server, without names and paths:
// Denied when it does not let us, Busy for all that may pass.
func worded(err error) error {
	var fault *gateway.Fault
	var status *sftp.StatusError
	switch {
	case err == nil, errors.As(err, &fault):
		return err
	case errors.Is(err, errHostKey), strings.Contains(err.Error(), errHostKey.Error()): // x/crypto/ssh does not wrap what the callback says
		return fault1(gateway.Denied, err, "a server with another host key", "the keys in ssh.host_keys", "ask the partner whether its key changed, then pin the new one")
	case strings.Contains(err.Error(), "unable to authenticate"):
		return fault1(gateway.Denied, nil, "a login that the server refuses", "the user and key that were agreed", "check ssh.user and ssh.key with the partner")
	case errors.Is(err, fs.ErrPermission), errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxPermissionDenied:
		return fault1(gateway.Denied, nil, "a folder we may not use", "a folder this user may read and write", "check its owner and rights")
	case absent(err):
		return fault1(gateway.Busy, nil, "a folder that is not there", "the folder of the configuration", "make it, or mount it")
	}
	return fault1(gateway.Busy, bare(err), "a folder or server that does not answer", "one that is there", "it is tried again")
}

func fault1(code gateway.Code, err error, found, allowed, fix string) error {
	f := gateway.Faultf("files", code, fhir.Issue{Code: "transient", Found: found, Allowed: allowed, Fix: fix})
	f.Err = err
	return f
}

// megabytes words a limit.
func megabytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MB" }

// bare is an error without the path it happened at and without a server's own
// words: either can be personal.
func bare(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	var status *sftp.StatusError
	switch {
	case errors.As(err, &status):
		return errors.New("sftp: " + status.FxCode().Error())
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
