package oracle

import "strings"

// denied says whether the payer's last word on the line is a denial (X12 835).
// Words are rows with member, claim, and a line's control number or its service,
// or neither for the whole claim. One never speaks of a void, nor of a row that was
// sent after it.
func (l *line) denied(advices []*record) bool {
	var last *record
	for _, a := range advices {
		if l.spokenOf(a) && (last == nil || a.received.After(last.received) || a.received.Equal(last.received) && a.arrival > last.arrival) {
			last = a
		}
	}
	return last != nil && last.cell["reason"] != ""
}

func (l *line) spokenOf(a *record) bool {
	c := a.cell
	if c["member_id"] != l.member || c["claim_id"] != l.claim || l.frequency == "8" || !a.received.IsZero() && l.received.After(a.received) {
		return false
	}
	if c["line_id"] != "" {
		id := strings.TrimSuffix(l.id, "/7")
		return id == c["line_id"] || id == c["claim_id"]+"-"+c["line_id"]
	}
	service := c["code"] == "" || c["code"] == l.code && modifierSet(c["modifiers"]) == l.mods
	return service && (c["date"] == "" || c["date"] == l.date)
}
