package ledger

import "testing"

func day(s string) Day {
	d, err := ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestSmoke(t *testing.T) {
	c := &Case{
		Lines: []Line{
			{Partner: "p", ID: "L2", Code: "H2021", Modifiers: "ha", Date: day("2026-01-06"), Units: Whole(8)},
			{Partner: "p", ID: "L1", Code: "H2021", Modifiers: "HA", Date: day("2026-01-05"), Units: Whole(8)},
		},
		Auths: []Auth{{Partner: "p", ID: "A", Code: "H2021", Modifiers: "HA", Start: day("2026-01-01"), End: day("2026-03-01"), Units: 12, Status: Approved}},
		Spans: []Span{{Start: day("2026-01-01"), End: Forever}},
	}
	r := Settle(c, day("2026-02-01"), nil)
	for _, v := range r.Lines {
		t.Log(v.Line.ID, v.Verdict, v.Matched, v.Reason())
	}
}
