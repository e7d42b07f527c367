package files

import (
	"errors"
	"path"
	"time"
)

// purge deletes, once a day, what has been in the archive longer than agreed.
// The day stands at the beginning of each name, so that neither a partner's
// clock nor a restore from backup makes a file young again.
func (p *Pickup) purge(dirs Folders) error {
	today := p.stamp()
	if p.From.Keep <= 0 || p.day == today {
		return nil
	}
	oldest := p.Now().UTC().Add(-p.From.Keep)
	var all error
	deleted := 0
	for _, dir := range []string{p.From.Archive, p.quarantine()} {
		list, err := dirs.List(dir)
		if err != nil {
			return worded(err)
		}
		for _, e := range list {
			day, err := time.Parse("20060102", e.Name[:min(8, len(e.Name))])
			if err != nil || !e.Regular || !day.Before(oldest) {
				continue
			}
			if err := dirs.Remove(path.Join(dir, e.Name)); err != nil && !absent(err) {
				all = errors.Join(all, worded(err))
				continue
			}
			deleted++
		}
	}
	if deleted > 0 {
		p.Log.Info("archive purged", "op", "purge", "partner", p.Partner, "files", deleted)
	}
	if all == nil {
		p.day = today
	}
	return all
}
