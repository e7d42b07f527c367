package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/throughline/throughline/gateway"
)

// progress tells on stderr how far something has come: a bar on a terminal, else
// a line every ten seconds, with the time that is left at that pace. Several
// goroutines may tell it.
type progress struct {
	cli  *cli
	what string

	mu   sync.Mutex
	bar  *progressbar.ProgressBar
	from time.Time // when it began
	last time.Time
	done int64
}

const progressEvery = 10 * time.Second

// progress starts telling.
func (c *cli) progress(what string) *progress {
	now := time.Now()
	return &progress{cli: c, what: what, from: now, last: now}
}

// at tells that n of total are done. Reports may overtake each other.
func (p *progress) at(n, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n < p.done {
		return
	}
	p.done = n
	if p.cli.tty {
		p.draw(n, total)
		return
	}
	if time.Since(p.last) >= progressEvery {
		p.last = time.Now()
		fmt.Fprintf(p.cli.errs, "%s: %d of %d%s\n", p.what, n, total, p.left(n, total))
	}
}

// left words the time that is left, where it can be told.
func (p *progress) left(n, total int64) string {
	if rest := (&gateway.Progress{Done: n, Total: total, Since: p.from, At: p.last}).Left(); rest > 0 {
		return ", " + rest.Round(time.Second).String() + " left"
	}
	return ""
}

func (p *progress) draw(n, total int64) {
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.cli.errs), progressbar.OptionSetDescription(p.what),
			progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set64(n) // a bar that cannot be drawn is no failure
}

// end clears the bar.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
