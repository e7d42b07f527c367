package console

// schedulesPage is when jobs run.
type schedulesPage struct {
	Schedules []Schedule
	Operator  bool
}

func (c *Console) schedules(v *visit) (*answer, error) {
	list, err := c.Desk.Schedules(v.ctx)
	return &answer{View: "schedules", Title: "Schedules", Data: schedulesPage{list, v.operator()}, Refresh: 30}, err
}

// runNow starts a job out of its turn.
func (c *Console) runNow(v *visit) (*answer, error) {
	reason, err := v.reason()
	if err != nil {
		return nil, err
	}
	return &answer{Go: Path + "/schedules"}, c.Desk.RunNow(v.ctx, v.r.PathValue("name"), reason, v.session.Who)
}
