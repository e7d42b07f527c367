package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/throughline/throughline/ledger"
)

// RunListed is a published run as a list shows it.
type RunListed struct {
	ledger.Run
	Finished time.Time
	Current  bool // the one that readers of its date see
}

// Runs lists published runs: the latest date first, of one date the newest first.
func (s *Store) Runs(ctx context.Context, limit int) (out []RunListed, err error) {
	rows, err := s.reading().query(ctx, `select r.id, r.no, r.as_of, r.known, r.rules, r.zone, r.base, r.finished, r.summary, (select count(*) from run_published p where p.run = r.id)
		from run r where r.state = 'published' order by r.as_of desc, r.no desc limit $1`, limit)
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		r := RunListed{}
		var finished, current int64
		var summary string
		if err := rows.Scan(&r.ID, &r.No, &r.AsOf, &r.Known, &r.Rules, &r.Zone, &r.Base, &finished, &summary, &current); err != nil {
			return err
		}
		r.Finished, r.Current, r.Published, r.Summary = fromMicros(finished), current > 0, true, &ledger.Summary{}
		out = append(out, r)
		return json.Unmarshal([]byte(summary), out[len(out)-1].Summary)
	})
	return out, s.worded(err)
}
