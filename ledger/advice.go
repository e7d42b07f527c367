package ledger

import (
	"cmp"
	"strings"
)

// Advice is the payer's word on the lines of a claim (X12 835, CLP and SVC):
// denied for a reason, or paid, which also takes an earlier denial back. Lines
// belong to whoever delivered the service and advices to whoever pays: they meet
// by member, claim and line.
type Advice struct {
	Partner   string // who says it
	Claim     string // the claim's own number (CLP01 = CLM01)
	Line      string // line control number (REF*6R); empty = the service below names the line
	Code      string // HCPCS/CPT (SVC01); empty = every line of the claim
	Modifiers string
	Date      Day    // of service; NoDay = any
	Reason    string // of the denial, such as CO-197; empty = not denied
	Control   string // the payer's own number of the claim (CLP07)
	Received  Stamp  // when the payer said it, as sent
	Seq       int64  // order of arrival
}

// Replacement and Void end the id of a line of a claim that replaces (CLM05-3 7)
// or voids (8) another: the line it stands for is the id before the suffix.
const (
	ReplacementSuffix = "/7"
	VoidSuffix        = "/8"
)

// LineID is the id of a claim's line: its control number (REF*6R) where that
// begins with the claim's own number, else the claim's number with the control
// number, or the line's place (LX01), behind it. A control number alone needs to
// be unique inside its claim only.
func LineID(claim, control string) string {
	if strings.HasPrefix(control, claim) && len(control) > len(claim) {
		return control
	}
	return claim + "-" + control
}

// Covers says whether the advice speaks of this line. It cannot speak of a row
// that was sent after it.
func (a *Advice) Covers(l *Line) bool {
	if a.Claim != l.ClaimID || l.Frequency == 8 || l.Received > a.Received && a.Received != 0 {
		return false
	}
	if a.Line != "" {
		id := strings.TrimSuffix(l.ID, ReplacementSuffix)
		return id == a.Line || id == LineID(a.Claim, a.Line)
	}
	return (a.Code == "" || a.Code == l.Code && NormalModifiers(a.Modifiers) == NormalModifiers(l.Modifiers)) && (a.Date == NoDay || a.Date == l.Date)
}

// Denial is the reason of the denial in force for a line: the advice said last
// decides. Empty = not denied, or nothing was said.
func Denial(advices []Advice, l *Line) string {
	var last *Advice
	for i := range advices {
		a := &advices[i]
		if a.Covers(l) && (last == nil || cmp.Or(cmp.Compare(a.Received, last.Received), cmp.Compare(a.Seq, last.Seq)) > 0) {
			last = a
		}
	}
	if last == nil {
		return ""
	}
	return last.Reason
}
