package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// browser is a headless Chromium that is told what to do over a pipe
// (https://chromedevtools.github.io/devtools-protocol).
type browser struct {
	t       *testing.T
	in      *os.File
	out     *bufio.Reader
	session string
	n       int
	shots   string // where screenshots go; empty = nowhere
}

// openBrowser starts Chromium. Where there is none the test says so aloud.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("NOT TESTED IN A BROWSER: no chromium on this machine; `make test` installs one, or: apt-get install chromium")
	}
	toThem, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromUs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "throughline-browser-") // not t.TempDir: the browser's helpers may write into it while it goes
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
		"--window-size=1280,900", "--user-data-dir="+dir, "about:blank")
	cmd.ExtraFiles = []*os.File{toThem, fromUs}
	cmd.WaitDelay = 10 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it ends with all its helpers
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toThem.Close()
	fromUs.Close()
	b := &browser{t: t, in: in, out: bufio.NewReader(out), shots: os.Getenv("THROUGHLINE_TEST_SCREENSHOTS")}
	t.Cleanup(func() {
		in.Close()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		out.Close()
		_ = os.RemoveAll(dir)
	})
	var made struct{ TargetID string }
	b.ask("Target.createTarget", map[string]any{"url": "about:blank"}, &made)
	var attached struct{ SessionID string }
	b.ask("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	return b
}

// ask sends one command and waits for its answer; events in between are not for us.
func (b *browser) ask(method string, params map[string]any, into any) {
	b.t.Helper()
	b.n++
	order := map[string]any{"id": b.n, "method": method, "params": params}
	if b.session != "" {
		order["sessionId"] = b.session
	}
	text, err := json.Marshal(order)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("the browser has gone: %v", err)
		}
		var reply struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text[:len(text)-1], &reply); err != nil {
			b.t.Fatal(err)
		}
		if reply.ID != b.n {
			continue
		}
		if reply.Error != nil {
			b.t.Fatalf("%s: %s", method, reply.Error.Message)
		}
		if into != nil {
			if err := json.Unmarshal(reply.Result, into); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// js evaluates an expression in the page and gives its value as text.
func (b *browser) js(expression string) string {
	b.t.Helper()
	var out struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	b.ask("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, out.ExceptionDetails.Text)
	}
	return fmt.Sprint(out.Result.Value)
}

// until waits for an expression to be true; the page changes in another process.
func (b *browser) until(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if b.js("Boolean("+expression+")") == "true" {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("never: %s\n%s", expression, b.js("document.body.innerText"))
		}
	}
}

// open goes to an address and waits for a page with this heading.
func (b *browser) open(url, heading string) {
	b.t.Helper()
	b.ask("Page.navigate", map[string]any{"url": url}, nil)
	b.heading(heading)
}

func (b *browser) heading(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("document.readyState == 'complete' && document.querySelector('h1')?.textContent.startsWith(%q)", text))
}

// fill types into a field of the page and press presses a button by its words.
func (b *browser) fill(name, value string) {
	b.t.Helper()
	b.js(fmt.Sprintf("document.querySelector('main [name=%s]').value = %q", name, value))
}

func (b *browser) press(words string) {
	b.t.Helper()
	b.js(fmt.Sprintf("Array.from(document.querySelectorAll('button')).find(b => b.textContent.startsWith(%q)).click()", words))
}

// shot keeps a picture of the page when somebody wants to look.
func (b *browser) shot(name string) {
	b.t.Helper()
	if b.shots == "" {
		return
	}
	var out struct{ Data string }
	b.ask("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &out)
	image, err := base64.StdEncoding.DecodeString(out.Data)
	if err == nil {
		err = errors.Join(os.MkdirAll(b.shots, 0o755), os.WriteFile(filepath.Join(b.shots, name+".png"), image, 0o644))
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// demonstration runs the program with the demonstration until the test ends.
func demonstration(t *testing.T, children int) readyFile {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "ready.json")
	ctx, stop := context.WithCancel(t.Context())
	c := &cli{in: strings.NewReader(""), out: os.Stderr, errs: &strings.Builder{}, dir: dir, env: map[string]string{"USER": "tester"}}
	ended := make(chan int, 1)
	go func() {
		ended <- c.execute(ctx, []string{"demo", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--children", fmt.Sprint(children), "--ready-file", path})
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("the demonstration ended with code %d: %s", code, c.errs)
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) { // the file is the signal
		if body, err := os.ReadFile(path); err == nil {
			var r readyFile
			if err := json.Unmarshal(body, &r); err != nil {
				t.Fatal(err)
			}
			return r
		}
		if time.Now().After(deadline) {
			t.Fatal("the demonstration is never ready")
		}
	}
}

// In a true browser: log in, see a stopped lane, replay what is held.
func TestConsoleInABrowser(t *testing.T) {
	b := openBrowser(t)
	r := demonstration(t, 60)
	b.open(r.Pages, "Log in")
	b.shot("login")
	b.fill("name", "Ada")
	b.fill("token", "not-a-token-of-anybody")
	b.press("Log in")
	b.until("document.querySelector('[role=alert]')")
	b.fill("name", "Ada")
	b.fill("token", r.Tokens["operator"])
	b.press("Log in")
	b.heading("What needs you now")
	b.until("document.querySelector('.who').textContent.includes('operator/Ada')")
	for deadline := time.Now().Add(time.Minute); b.js("document.querySelectorAll('.alarmed').length") == "0" && time.Now().Before(deadline); {
		b.open(r.Pages+"/", "What needs you now") // the first deliveries are still refused
	}
	b.shot("home")
	for _, page := range []struct{ path, heading string }{{"/messages", "Messages"}, {"/messages?state=held", "Messages"}, {"/held", "Held deliveries"}, {"/partners", "Partners"},
		{"/schedules", "Schedules"}, {"/night", "Last night"}, {"/quarantine", "Quarantine"}, {"/findings", "Findings"}, {"/reports", "Reports"}, {"/nothing", "Not Found"}} {
		b.open(r.Pages+page.path, page.heading)
		b.shot(strings.NewReplacer("/", "", "?", "-", "=", "-").Replace(page.path))
	}
	b.open(r.Pages+"/messages", "Messages")
	b.js("document.querySelector('tbody a').click()")
	b.heading("Message ")
	b.until("document.querySelector('.timeline').textContent.includes('received')")
	b.shot("message")
	b.open(r.Pages+"/lanes?state=stopped", "Lanes")
	b.until("document.querySelector('tbody .tag.stopped') && document.querySelector('tbody .owner')")
	b.shot("lanes")
	b.js("document.querySelector('tbody a').click()")
	b.heading("Lane to ")
	b.until("document.querySelector('.ladder')")
	b.shot("lane")
	b.open(r.Pages+"/replays", "Replays")
	b.js("document.querySelector('[value=deliveries]').click()")
	b.fill("per_second", "5")
	b.press("Preview")
	b.until("document.querySelector('.preview')")
	b.shot("replay-preview")
	b.fill("reason", "the partner was mended")
	b.press("Replay ")
	b.heading("Replay r")
	b.shot("replay-running")
	b.until("document.querySelector('.tag.done')") // by itself: console.js asks again
	b.shot("replay-done")
	if got := b.js("document.querySelector('progress').value == document.querySelector('progress').max"); got != "true" {
		t.Error("the bar is not full")
	}
	if got := b.js("getComputedStyle(document.querySelector('.card')).backgroundColor != getComputedStyle(document.body).backgroundColor"); got != "true" {
		t.Error("the style sheet did not come")
	}
	b.waive(r)
	b.runNow(r)
	b.onAPhone(r)
	b.press("Log out")
	b.heading("Log in")
	b.open(r.Pages+"/lanes", "Log in")
}

// unnamed is how many fields and tables of a page have no name that is read aloud.
const unnamed = `Array.from(document.querySelectorAll('main input:not([type=hidden]), main select')).filter(e => !e.closest('label')?.textContent.trim() && !e.getAttribute('aria-label')).length +
	Array.from(document.querySelectorAll('main table')).filter(t => !t.caption || t.querySelectorAll('th:not([scope])').length).length`

// waive narrows the findings to those of one child, and lets one rest.
func (b *browser) waive(r readyFile) {
	b.t.Helper()
	b.open(r.Pages+"/findings", "Findings")
	b.js("document.querySelector('main [name=owner]').value = 'coordinator agency'")
	b.press("Show")
	b.until("location.search.includes('owner=coordinator')")
	b.heading("Findings")
	b.js("Array.from(document.querySelectorAll('tbody tr')).find(r => r.querySelector('td a')).querySelector('td a').click()")
	b.until("document.querySelector('main [name=child]') && document.querySelectorAll('tbody tr').length > 0")
	b.shot("findings-of-a-child")
	if got := b.js(unnamed); got != "0" {
		b.t.Errorf("findings: %s fields or tables without a name", got)
	}
	b.js("document.querySelector('tbody th a').click()")
	b.heading("Finding ")
	b.shot("finding")
	b.fill("until", time.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	b.fill("reason", "the team meets in two weeks")
	b.press("Waive")
	b.until("document.querySelector('.facts .tag.waived') && document.querySelector('.timeline').textContent.includes('the team meets in two weeks')")
	b.shot("finding-waived")
	if got := b.js(unnamed); got != "0" {
		b.t.Errorf("finding: %s fields or tables without a name", got)
	}
}

// runNow runs the night by hand, until the page says by itself that it is done, and
// opens its utilization.
func (b *browser) runNow(r readyFile) {
	b.t.Helper()
	b.open(r.Pages+"/schedules", "Schedules")
	b.js(`(() => { const f = document.querySelector('form[action$="/nightly/run"]'); f.querySelector('[name=reason]').value = 'to see'; f.querySelector('button').click() })()`)
	b.until("document.querySelector('main .card h2')?.textContent == 'nightly' && document.querySelector('main .card .tag.done')")
	b.open(r.Pages+"/reports", "Reports")
	b.until("document.querySelectorAll('td.files a').length == 8")
	b.shot("reports")
	b.js("document.querySelector('form[action$=utilization]').submit()")
	b.heading("Utilization review")
	b.shot("utilization")
}

// onAPhone looks whether every page fits a small screen, and names its fields and
// tables.
func (b *browser) onAPhone(r readyFile) {
	b.t.Helper()
	b.ask("Emulation.setDeviceMetricsOverride", map[string]any{"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true}, nil)
	for path, heading := range map[string]string{"/": "What needs you now", "/schedules": "Schedules", "/reports": "Reports", "/findings": "Findings", "/night": "Last night",
		"/reports/rollup": "Children by", "/reports/compliance": "Compliance", "/reports/utilization": "Utilization"} {
		b.open(r.Pages+path, heading)
		if got := b.js("document.documentElement.scrollWidth - document.documentElement.clientWidth"); got != "0" {
			b.t.Errorf("%s: %s pixels wider than a phone", path, got)
		}
		if got := b.js(unnamed); got != "0" {
			b.t.Errorf("%s: %s fields or tables without a name", path, got)
		}
	}
	b.ask("Emulation.clearDeviceMetricsOverride", map[string]any{}, nil)
	b.open(r.Pages+"/", "What needs you now")
}
