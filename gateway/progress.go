package gateway

import "time"

// Progress is how far a job has come: pieces done of all of them, and the rows
// handled on the way. Whoever runs the job fills Step to Rows; who keeps it for
// people to see fills the rest.
type Progress struct {
	Step  string `json:"step"` // what it is at, in words
	Done  int64  `json:"done"`
	Total int64  `json:"total"` // 0 = nobody knows
	Unit  string `json:"unit"`  // what Done and Total count: parts, buckets
	Rows  int64  `json:"rows"`  // since Since, by this process
	Of    string `json:"of"`    // what Rows counts: lines, children

	From  int64     `json:"from"`  // Done when the step began, or was taken up again
	Since time.Time `json:"since"` // when that was
	At    time.Time `json:"at"`    // when it stood as said
}

// PerSecond is how many rows a second were handled; 0 = too soon to say.
func (p *Progress) PerSecond() float64 {
	took := p.At.Sub(p.Since).Seconds()
	if took <= 0 {
		return 0
	}
	return float64(p.Rows) / took
}

// Left is how long the rest takes at the pace so far, seen from At; 0 = nothing is
// left, or too soon to say.
func (p *Progress) Left() time.Duration {
	done, rest := p.Done-p.From, p.Total-p.Done
	if done <= 0 || rest <= 0 {
		return 0
	}
	return time.Duration(float64(p.At.Sub(p.Since)) / float64(done) * float64(rest))
}
