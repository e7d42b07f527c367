package reports

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
)

// FindingsCSV writes findings as a table (RFC 4180): one opening a row, records by
// their ids and never by the name of a child.
type FindingsCSV struct{ w *csv.Writer }

// NewFindingsCSV begins the table with its header.
func NewFindingsCSV(w io.Writer) *FindingsCSV {
	f := &FindingsCSV{csv.NewWriter(w)}
	_ = f.w.Write([]string{"program", "rule", "force", "violation", "sent_by", "record_id", "item", "owner", "reason", "source",
		"finding_id", "origin", "state", "opened", "due", "last_seen", "closed", "rests_until"}) // an error comes back from End
	return f
}

// Add writes one finding.
func (c *FindingsCSV) Add(f *gateway.Finding) {
	day := func(d ledger.Day) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	_ = c.w.Write([]string{f.Program, f.Rule, f.Force, strconv.FormatBool(f.Violation), string(f.Partner), f.Record, f.Item, f.Owner, f.Reason, f.Cites,
		f.ID, f.Origin, f.State, day(f.Opened), day(f.Due), day(f.Seen), day(f.Closed), day(f.WaivedTo)})
}

// End writes the rest, and gives the first error there was.
func (c *FindingsCSV) End() error {
	c.w.Flush()
	return c.w.Error()
}
