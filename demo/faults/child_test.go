package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// childEnv makes this test binary a gateway: its value is a setup as JSON.
const childEnv = "THROUGHLINE_FAULTS_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := serveChild(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	redis.SetLogger(mute{})
	os.Exit(m.Run())
}

// setup is what a child is told.
type setup struct {
	URL     string
	Partner string        // where the mco receives
	Later   time.Duration // how far its clock is ahead, so that leases of a dead child have ended
	Flow    bool          // Route and Drain run from the start
	Control string        // "ack first", "settle first": a rule left out
}

// child is a gateway with its door and its way out.
type child struct {
	setup
	store  *store.Store
	gate   *gateway.Gateway
	queued chan *gateway.Message // acknowledged, not committed: the control of F1
	log    *slog.Logger

	mu   sync.Mutex
	stop func() // ends the way out
}

// serveChild runs until the parent is gone.
func serveChild(text string) error {
	c := &child{log: slog.New(slog.NewTextHandler(io.Discard, nil)), queued: make(chan *gateway.Message, 1<<20)}
	if err := json.Unmarshal([]byte(text), &c.setup); err != nil {
		return err
	}
	hookCommit()
	url, err := watchPostgres(c.URL)
	if err != nil {
		return err
	}
	if c.store, err = store.Open(context.Background(), url, storetest.Policy()); err != nil {
		return err
	}
	c.store.Now = c.now
	c.gate = newGateway(crashLedger{c.store}, crashDedup{store.NewMemory()})
	c.gate.Now = c.now
	c.gate.Wake = func(context.Context, string) { crash("before wake") } // hints are lost: the sweepers have to find everything
	if c.Flow {
		c.flow(true)
	}
	var later sync.WaitGroup
	if c.Control == "ack first" {
		later.Go(c.commitLater)
	}
	if err := c.listen(); err != nil {
		return err
	}
	close(c.queued)
	later.Wait() // only a kill loses what is queued
	return c.store.Close()
}

func (c *child) now() time.Time { return time.Now().Add(c.Later) }

func (c *child) listen() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /message", c.message)
	mux.HandleFunc("POST /arm", func(_ http.ResponseWriter, r *http.Request) { p := r.FormValue("point"); armed.Store(&p) })
	mux.HandleFunc("POST /start", func(w http.ResponseWriter, _ *http.Request) {
		answerWhole(w, "") // the way out may end us at once
		c.flow(true)
	})
	mux.HandleFunc("POST /stop", func(http.ResponseWriter, *http.Request) { c.flow(false) })
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { // the parent holds our input open as long as it lives
		_, _ = io.Copy(io.Discard, os.Stdin)
		ended <- srv.Shutdown(context.Background()) // waits for what is being answered
	}()
	fmt.Printf("ready %s\n", l.Addr())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if err := <-ended; err != nil {
		return err
	}
	c.flow(false)
	return nil
}

// message is the door: success only after the commit, unless this is the control.
func (c *child) message(w http.ResponseWriter, r *http.Request) {
	var s step
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if c.Control == "ack first" {
		answerWhole(w, "")
		c.queued <- s.message()
		return
	}
	got, err := c.gate.Receive(r.Context(), s.message(), crashReply)
	if err != nil {
		w.Header().Set("Code", string(codeOf(err)))
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	answerWhole(w, body(got))
	crash("answered")
}

// answerWhole sends an answer that is complete although the process may end now.
func answerWhole(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, text)
	_ = http.NewResponseController(w).Flush()
}

// commitLater commits what the control has acknowledged.
func (c *child) commitLater() {
	for m := range c.queued {
		_, _ = c.gate.Receive(context.Background(), m, crashReply)
	}
}

// flow starts or ends Route and Drain.
func (c *child) flow(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
	if !on {
		return
	}
	var outbox gateway.Outbox = crashOutbox{c.store}
	if c.Control == "settle first" {
		outbox = settledFirst{c.store}
	}
	hints := store.NewMemory()
	route := &gateway.Route{Store: crashRouting{c.store}, Leases: c.store, Hints: hints, Partners: destinations, Holder: "child", Sweep: 20 * time.Millisecond, Log: c.log}
	drain := &gateway.Drain{Outbox: outbox, Hints: hints, Partners: destinations, Wires: wires(crashWire{wire{c.Partner}}), Holder: "child",
		Sweep: 20 * time.Millisecond, Now: c.now, Log: c.log}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, s := range []gateway.Service{route, drain} {
		wg.Go(func() { _ = s.Run(ctx) })
	}
	c.stop = func() { cancel(); wg.Wait() }
}

// process is a child as the test sees it.
type process struct {
	t     *testing.T
	setup setup
	cmd   *exec.Cmd
	stdin io.Closer
	addr  atomic.Pointer[string]
	errs  bytes.Buffer
}

// spawn starts a child.
func spawn(t *testing.T, s setup) *process {
	t.Helper()
	p := &process{t: t, setup: s}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *process) start() {
	p.t.Helper()
	text, err := json.Marshal(p.setup)
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(os.Args[0], "-test.run=^$")
	p.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	p.errs.Reset()
	p.cmd.Stderr = &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n') // ends when the child does
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ok {
		_ = p.cmd.Wait()
		p.t.Fatalf("the child did not start: %v %q\n%s", err, line, p.errs.String())
	}
	p.addr.Store(&addr)
}

// kill ends the child as kill -9 does.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// quit lets the child end in its own time.
func (p *process) quit() {
	p.t.Helper()
	p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the child ended with %v\n%s", err, p.errs.String())
	}
}

// again starts the child anew, when every lease of the old one has ended.
func (p *process) again() {
	p.t.Helper()
	p.kill()
	p.setup.Later += gateway.LeaseFor + 10*time.Second
	p.start()
}

// exited waits until the child has ended itself at its point.
func (p *process) exited() {
	p.t.Helper()
	deadline := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer deadline.Stop()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != crashed {
		p.t.Fatalf("the child ended with %v: it never came to its point\n%s", err, p.errs.String())
	}
}

// tell gives the child an order.
func (p *process) tell(path string) {
	p.t.Helper()
	resp, err := http.Post("http://"+*p.addr.Load()+path, "", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
}

// poster sends over connections of its own and never tries again by itself.
var poster = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: clients}}

// door posts to whichever child runs now.
func (p *process) door(ctx context.Context, s step) (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+*p.addr.Load()+"/message", bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	req.GetBody = nil
	resp, err := poster.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return "", err
	case resp.StatusCode != http.StatusCreated:
		return "", &gateway.Fault{Op: "door", Code: gateway.Code(resp.Header.Get("Code")), Err: errors.New(string(answer))}
	}
	return string(answer), nil
}
