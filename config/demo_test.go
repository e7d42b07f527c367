package config

import "testing"

// TestDemo loads the built-in demonstration without a word.
func TestDemo(t *testing.T) {
	c, problems := Demo(nil, nil)
	if len(problems) > 0 {
		t.Fatalf("problems:\n%v", problems)
	}
	if len(c.Partners) != 11 || len(c.Packs) != 5 || len(c.Schedules) != 4 {
		t.Errorf("got %d partners, %d packs, %d schedules", len(c.Partners), len(c.Packs), len(c.Schedules))
	}
	if got := c.Schedules[0].Spec(); got != "CRON_TZ=America/New_York 30 2 * * *" {
		t.Errorf("schedule %q", got)
	}
}
