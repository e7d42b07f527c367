package console

import "strconv"

// night is the latest run of the reconciliation.
func (c *Console) night(v *visit) (*answer, error) {
	n, err := c.Desk.Night(v.ctx)
	return &answer{View: "night", Title: "Last night", Data: n}, err
}

// Bars is the chart of the verdicts.
func (n *Night) Bars() []bar {
	var out []bar
	for _, v := range n.Verdicts {
		parts := []int{0, int(v.Lines)}
		if v.Name == "matched" {
			parts = []int{int(v.Lines)}
		}
		out = append(out, bar{v.Name, parts, strconv.FormatInt(v.Lines, 10)})
	}
	return out
}

// report is the page that the run has written.
func (c *Console) report(v *visit) (*answer, error) {
	body, err := c.Desk.Report(v.ctx, v.r.PathValue("date"))
	return &answer{Raw: body}, err
}
