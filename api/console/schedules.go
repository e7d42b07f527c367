package console

import (
	"slices"
	"strings"
	"time"
)

// schedulesPage is when jobs run and partners are polled.
type schedulesPage struct {
	Schedules, Polls []Schedule
	Operator         bool
}

func (c *Console) schedules(v *visit) (*answer, error) {
	list, err := c.Desk.Schedules(v.ctx)
	page := schedulesPage{Operator: v.operator()}
	refresh := 30
	for _, s := range list {
		if s.Poll {
			page.Polls = append(page.Polls, s)
			continue
		}
		if page.Schedules = append(page.Schedules, s); s.State == "running" || s.State == "waiting" {
			refresh = 2
		}
	}
	slices.SortStableFunc(page.Polls, func(a, b Schedule) int { return strings.Compare(a.Name, b.Name) })
	return &answer{View: "schedules", Title: "Schedules", Data: page, Refresh: refresh}, err
}

// runNow starts a job out of its turn.
func (c *Console) runNow(v *visit) (*answer, error) {
	reason, err := v.reason()
	if err != nil {
		return nil, err
	}
	return &answer{Go: Path + "/schedules"}, c.Desk.RunNow(v.ctx, v.r.PathValue("name"), reason, v.session.Who)
}

// lasts is a duration as people say it: "3 min 12 s".
func lasts(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Second:
		return "under 1 s"
	case d < time.Minute:
		return itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return itoa(int(d.Minutes())) + " min " + itoa(int(d.Seconds())%60) + " s"
	}
	return itoa(int(d.Hours())) + " h " + itoa(int(d.Minutes())%60) + " min"
}
