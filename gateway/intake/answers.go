package intake

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// Answer is one file that a sender gets back.
type Answer struct {
	Name  string // ending: "accepted", "rejected", "summary", "999", "ta1", "271"
	Write func(w io.Writer) error
}

// Answers are what the sender of a closed file gets, the summary last: once it
// is there, the others are.
func (in *Intake) Answers(ctx context.Context, f *File, acks []Ack) []Answer {
	outs := func(want ...Status) iter.Seq2[Outcome, error] {
		return only(in.Ledger.Outcomes(ctx, f.ID), want)
	}
	var all []Answer
	add := func(name string, write func(io.Writer) error) { all = append(all, Answer{name, write}) }
	if f.Counts.Accepted+f.Counts.Repeated+f.Counts.Held > 0 {
		add("accepted", func(w io.Writer) error { return accepted(w, outs(Accepted, Repeated, Held)) })
	}
	if format, ok := in.Format(f.Kind); ok && f.Counts.Rejected > 0 {
		add("rejected", func(w io.Writer) error { return format.Rejected(w, outs(Rejected)) })
	}
	for _, ack := range acks {
		add(ack.Name, func(w io.Writer) error {
			_, err := w.Write(ack.Body)
			return err
		})
	}
	add("summary", func(w io.Writer) error { return summary(w, f) })
	return all
}

func only(outs iter.Seq2[Outcome, error], want []Status) iter.Seq2[Outcome, error] {
	return func(yield func(Outcome, error) bool) {
		for o, err := range outs {
			if (err != nil || slices.Contains(want, o.Status)) && !yield(o, err) {
				return
			}
		}
	}
}

// accepted is a table of what is in: place, status, message and what was noted
// about it.
func accepted(w io.Writer, outs iter.Seq2[Outcome, error]) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"place", "status", "message", "remarks"}); err != nil {
		return err
	}
	for o, err := range outs {
		if err != nil {
			return err
		}
		if err := c.Write([]string{o.Place, string(o.Status), string(o.Message), Words(o)}); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// Words are the issues of an outcome in one line.
func Words(o Outcome) string {
	words := make([]string, len(o.Issues))
	for i, issue := range o.Issues {
		words[i] = issue.Text()
		if issue.Path != "" && issue.Where == "" {
			words[i] = issue.Path + ": " + words[i]
		}
	}
	return strings.Join(words, " ")
}

// summaryJSON is the .summary of a file.
type summaryJSON struct {
	File         string `json:"file"`
	ID           string `json:"id"`
	Kind         string `json:"kind"`
	State        State  `json:"state"`
	Cause        string `json:"cause,omitempty"`
	SHA256       string `json:"sha256"`
	Bytes        int64  `json:"bytes"`
	Units        int64  `json:"units"`
	Accepted     int64  `json:"accepted"`
	Repeated     int64  `json:"repeated"`
	Held         int64  `json:"held"`
	Rejected     int64  `json:"rejected"`
	Acknowledged int64  `json:"acknowledged,omitempty"`
	Received     string `json:"received"`
	Finished     string `json:"finished,omitempty"`
}

// Summary is the counts, hashes and times of a file as JSON.
func (f *File) Summary() []byte {
	s := summaryJSON{File: f.Name, ID: f.ID, Kind: string(f.Kind), State: f.State, Cause: f.Cause, SHA256: f.SHA256, Bytes: f.Size,
		Units: f.Counts.Units, Accepted: f.Counts.Accepted, Repeated: f.Counts.Repeated, Held: f.Counts.Held, Rejected: f.Counts.Rejected,
		Acknowledged: f.Counts.Acknowledged, Received: f.Received.UTC().Format(time.RFC3339)}
	if !f.Finished.IsZero() {
		s.Finished = f.Finished.UTC().Format(time.RFC3339)
	}
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil // texts and numbers only
	}
	return append(body, '\n')
}

func summary(w io.Writer, f *File) error {
	_, err := w.Write(f.Summary())
	return err
}
