package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"

	"github.com/go-json-experiment/json"
)

// askServer lets the server that holds the data of dir run this command line.
// asked is false when there is none.
func (c *cli) askServer(ctx context.Context, dir string) (code int, asked bool, err error) {
	path := socketPath(dir)
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return 0, false, nil
	}
	if err != nil {
		return exitDenied, true, &failure{code: exitDenied, text: "the server's admin socket", err: err, todo: "run this as the user the server runs as"}
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}}
	defer client.CloseIdleConnections()
	req, err := c.order(ctx)
	if err != nil {
		return exitFault, true, err
	}
	res, err := client.Do(req)
	if err != nil {
		return exitDown, true, &failure{code: exitDown, text: "the server that holds the data does not answer", err: err, todo: "see its log"}
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return exitFault, true, &failure{code: exitFault, text: "the server refused the command: " + res.Status, todo: "use the program of the server's version"}
	}
	code, err = c.replayFrames(res.Body)
	return code, true, err
}

// order words this command line as a request. stdin goes along only when the
// command reads it, so that a terminal is not waited for.
func (c *cli) order(ctx context.Context) (*http.Request, error) {
	text, err := json.Marshal(order{Args: c.args, Dir: c.dir, TTY: c.tty})
	if err != nil {
		return nil, err
	}
	var body io.Reader = http.NoBody
	if slices.Contains(c.args, "-") {
		body = io.NopCloser(c.in)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://admin.sock/run", body)
	if err != nil {
		return nil, err
	}
	req.Header.Set(orderHeader, base64.StdEncoding.EncodeToString(text))
	return req, nil
}

// replayFrames writes what the server's verb wrote, and gives its exit code.
func (c *cli) replayFrames(r io.Reader) (int, error) {
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(r, head); err != nil {
			return exitFault, &failure{code: exitFault, text: "the server ended before the command did", todo: "see its log; run the command again"}
		}
		size := int64(binary.BigEndian.Uint32(head[1:]))
		var err error
		switch head[0] {
		case frameOut:
			_, err = io.CopyN(c.out, r, size)
		case frameErr:
			_, err = io.CopyN(c.errs, r, size)
		case frameExit:
			code := make([]byte, 4)
			_, err := io.ReadFull(r, code)
			return int(binary.BigEndian.Uint32(code)), err
		default:
			err = errors.New("an unknown frame")
		}
		if err != nil {
			return exitFault, err
		}
	}
}
