package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cost is what one way has used: its program and, where it has one, its
// PostgreSQL.
type cost struct {
	wall, cpu time.Duration
	peak      float64 // MB, of the program
	grew, wal int64   // bytes: tables and files, and PostgreSQL's log
	stopped   bool    // it took too long, or failed
	failed    string  // why it ended before it was done: no room, no memory
}

// ticks a second of /proc/*/stat on Linux.
const ticks = 100

// server is a PostgreSQL on this machine, by its postmaster.
type server struct{ pid int }

func serverOf(ctx context.Context, db *sql.DB) (server, error) {
	var text string
	if err := db.QueryRowContext(ctx, "select pg_read_file('postmaster.pid')").Scan(&text); err != nil {
		return server{}, fmt.Errorf("which server is it: %w", err)
	}
	first, _, _ := strings.Cut(text, "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	return server{pid}, err
}

// cpu is the processor time of the postmaster, of its children that live and of
// those that have ended.
func (s server) cpu() time.Duration {
	total := times(s.pid, true)
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(d))
		if pid != s.pid && parent(pid) == s.pid {
			total += times(pid, false)
		}
	}
	return total
}

func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

func parent(pid int) int {
	if f := stat(pid); len(f) > 1 {
		n, _ := strconv.Atoi(f[1])
		return n
	}
	return 0
}

func times(pid int, ended bool) (total time.Duration) {
	f := stat(pid)
	if len(f) < 15 {
		return 0
	}
	for i, own := range f[11:15] { // utime stime cutime cstime
		if i < 2 || ended {
			n, _ := strconv.ParseInt(own, 10, 64)
			total += time.Duration(n) * time.Second / ticks
		}
	}
	return total
}

// alone runs one way in a process of its own and says what it cost.
func (s server) alone(limit time.Duration, role string, args ...string) (cost, error) {
	cmd := exec.Command(os.Args[0], append([]string{"-role", role, "-limit", limit.String()}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	peak, err := os.CreateTemp("", "throughline-peak-")
	if err != nil {
		return cost{}, err
	}
	defer os.Remove(peak.Name())
	defer peak.Close()
	cmd.ExtraFiles = []*os.File{peak}
	before, began := s.cpu(), time.Now()
	err = cmd.Run()
	c := cost{wall: time.Since(began), stopped: cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == stopped}
	if err != nil && !c.stopped {
		if !compared(role) {
			return cost{}, fmt.Errorf("%s: %w", role, err)
		}
		c.stopped, c.failed = true, err.Error()
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime() + s.cpu() - before
	text, err := os.ReadFile(peak.Name())
	if err != nil || c.stopped {
		return c, err
	}
	kB, err := strconv.ParseFloat(string(text), 64)
	c.peak = kB / 1024
	return c, err
}

// tellPeak writes the most memory that this process ever held, in kB, to the
// file that alone has handed over. The rusage of a child would not do: it counts
// the memory of its parent at the fork.
func tellPeak() error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	_, err = os.NewFile(3, "peak").WriteString(strings.Fields(rest)[0])
	return err
}
