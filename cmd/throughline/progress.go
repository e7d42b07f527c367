package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress tells on stderr how far something has come: a bar on a terminal, else
// a line every ten seconds.
type progress struct {
	cli   *cli
	what  string
	bar   *progressbar.ProgressBar
	last  time.Time
	total int64
}

const progressEvery = 10 * time.Second

// progress starts telling; total 0 = not known yet.
func (c *cli) progress(what string, total int64) *progress {
	return &progress{cli: c, what: what, last: time.Now(), total: total}
}

// at tells that n of total are done.
func (p *progress) at(n, total int64) {
	p.total = total
	if p.cli.tty {
		if p.bar == nil {
			p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.cli.errs), progressbar.OptionSetDescription(p.what),
				progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
		}
		_ = p.bar.Set64(n) // a bar that cannot be drawn is no failure
		return
	}
	if time.Since(p.last) >= progressEvery {
		p.last = time.Now()
		fmt.Fprintf(p.cli.errs, "%s: %d of %d\n", p.what, n, total)
	}
}

// end clears the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
