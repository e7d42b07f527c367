package fhir

import "time"

// periodOrder is per-1: a period does not end before it starts. Dates of
// different precision break it only when no reading of them would keep it.
func periodOrder(v *validator, n *Node) {
	start, end := n.member("start").Text(), n.member("end").Text()
	if !isDateTime(start) || !isDateTime(end) {
		return
	}
	slack := time.Duration(0)
	if (len(start) > 10) != (len(end) > 10) {
		slack = 14 * time.Hour // a date without a zone may be anywhere on earth
	}
	first, ok := earliest(start)
	last, ok2 := latest(end)
	if ok && ok2 && first.After(last.Add(slack)) {
		v.report(CodeInvariant, "an end before the start", "a start that is not after the end (per-1)", "correct one of the dates")
	}
}

// earliest is the first moment of a dateTime that was checked before; it is
// not ok for the second 60, which Go cannot read.
func earliest(s string) (time.Time, bool) {
	layout := time.RFC3339Nano
	if len(s) <= 10 {
		layout = "2006-01-02"[:len(s)]
	}
	t, err := time.Parse(layout, s)
	return t, err == nil
}

// latest is the last moment of a dateTime.
func latest(s string) (time.Time, bool) {
	t, ok := earliest(s)
	switch len(s) {
	case 4:
		t = t.AddDate(1, 0, 0).Add(-1)
	case 7:
		t = t.AddDate(0, 1, 0).Add(-1)
	case 10:
		t = t.AddDate(0, 0, 1).Add(-1)
	}
	return t, ok
}
