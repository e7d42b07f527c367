package faults

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/store/storetest"
)

// poll is how often a server that comes up or goes down is looked at.
const poll = 20 * time.Millisecond

// eventually waits until met holds.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	look := time.NewTicker(poll)
	defer look.Stop()
	for end := time.Now().Add(time.Minute); !met(); <-look.C {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// needServers follows storetest's rule of skipping.
func needServers(t *testing.T) {
	t.Helper()
	if os.Getenv(storetest.SQLiteOnly) == "1" {
		t.Skipf("NOT TESTED: %s=1, and this test starts servers of its own", storetest.SQLiteOnly)
	}
}

// cluster is a PostgreSQL of one test, to be killed.
type cluster struct {
	t         *testing.T
	bin, dir  string
	port      string
	cmd       *exec.Cmd
	settings  []string
	log       bytes.Buffer
	ownership *syscall.SysProcAttr // PostgreSQL refuses to run as root
}

func newCluster(t *testing.T, settings ...string) *cluster {
	t.Helper()
	needServers(t)
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		path, err := exec.LookPath("postgres")
		if err != nil {
			t.Fatalf("no PostgreSQL binaries in /usr/lib/postgresql or the path: %v", err)
		}
		found = []string{path}
	}
	dir, err := os.MkdirTemp("/tmp", "throughline-faults-") // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, bin: filepath.Dir(found[len(found)-1]), dir: dir, port: freePort(t), settings: settings}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c.own()
	init := exec.Command(filepath.Join(c.bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	init.Dir, init.SysProcAttr = dir, c.ownership
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		c.crash()
		if t.Failed() {
			t.Log(c.log.String())
		}
	})
	c.start()
	return c
}

// own gives the directory to the user postgres when we are root.
func (c *cluster) own() {
	if os.Getuid() != 0 {
		return
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		c.t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(c.dir, uid, gid); err != nil {
		c.t.Fatal(err)
	}
	c.ownership = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func (c *cluster) start() {
	c.t.Helper()
	args := []string{"-D", filepath.Join(c.dir, "data"), "-p", c.port, "-k", c.dir, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=80"}
	for _, s := range c.settings {
		args = append(args, "-c", s)
	}
	c.cmd = exec.Command(filepath.Join(c.bin, "postgres"), args...)
	c.cmd.Dir, c.cmd.SysProcAttr, c.cmd.Stderr = c.dir, c.ownership, &c.log
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	eventually(c.t, "PostgreSQL answers", func() bool { return db.Ping() == nil })
}

func (c *cluster) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%s/%s?sslmode=disable", c.port, database)
}

// run executes one statement.
func (c *cluster) run(statement string) {
	c.t.Helper()
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		c.t.Fatal(err)
	}
}

// one asks for one number.
func (c *cluster) one(query string) (n int) {
	c.t.Helper()
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// crash ends the postmaster and all its children as a power cut would: the
// postmaster is stopped first so that it neither helps nor replaces them.
func (c *cluster) crash() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGSTOP)
	children := c.children()
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	c.cmd = nil
	eventually(c.t, "the children of PostgreSQL are gone", func() bool {
		for _, pid := range children {
			if running(pid) {
				return false
			}
		}
		return true
	})
}

func (c *cluster) children() (pids []int) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		c.t.Fatalf("ps: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) == 2 && f[1] == strconv.Itoa(c.cmd.Process.Pid) {
			pid, _ := strconv.Atoi(f[0])
			pids = append(pids, pid)
		}
	}
	return pids
}

// running says whether a process is alive; one that only waits to be reaped is not.
func running(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// mute drops what the client library says about servers that we have killed.
type mute struct{}

func (mute) Printf(context.Context, string, ...any) {}

// redisServer is a Redis of one test, to be hurt.
type redisServer struct {
	t    *testing.T
	port string
	cmd  *exec.Cmd
}

func newRedis(t *testing.T) *redisServer {
	t.Helper()
	needServers(t)
	r := &redisServer{t: t, port: freePort(t)}
	t.Cleanup(r.kill)
	r.start()
	return r
}

func (r *redisServer) start() {
	r.t.Helper()
	r.cmd = exec.Command("redis-server", "--port", r.port, "--bind", "127.0.0.1", "--save", "", "--dir", r.t.TempDir())
	if err := r.cmd.Start(); err != nil {
		r.t.Fatalf("redis-server: %v", err)
	}
	plain := r.client()
	defer plain.Close()
	eventually(r.t, "Redis answers", func() bool { return plain.Ping(context.Background()).Err() == nil })
}

func (r *redisServer) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

func (r *redisServer) url() string { return "redis://127.0.0.1:" + r.port }

func (r *redisServer) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + r.port})
}

func (r *redisServer) command(args ...any) {
	r.t.Helper()
	plain := r.client()
	defer plain.Close()
	if err := plain.Do(context.Background(), args...).Err(); err != nil {
		r.t.Errorf("%v: %v", args, err)
	}
}
