package ledger

import (
	"fmt"
	"strings"
)

// because is what Reason needs beside the verdict: the other record.
type because struct {
	line  *Line
	auth  *Auth
	visit bool // line counts for the same visit
}

// First is the authorization that gave first, the zero key when none gave.
func (v *LineVerdict) First() AuthKey {
	if len(v.Splits) == 0 {
		return AuthKey{}
	}
	return v.Splits[0].Auth
}

// Reason is the verdict in one plain sentence. It may name ids of records,
// codes and dates, never a member.
func (v *LineVerdict) Reason() string {
	l, b := v.Line, v.because
	switch v.Verdict {
	case Replaced:
		return fmt.Sprintf("Line %s, received later in the same chain, stands instead.", b.line.ID)
	case Voided:
		return fmt.Sprintf("Line %s voids the chain to which this line belongs.", b.line.ID)
	case Void:
		return "This row voids other lines and asks for no units itself."
	case UnknownOriginal:
		return unknownOriginal(l)
	case InvalidLine:
		return invalidLine(l)
	case DeniedLine:
		return fmt.Sprintf("The payer denied this line with reason %s.", l.DenialCode)
	case UnknownUnit:
		return fmt.Sprintf("Unit %s is not the unit %s of authorization %s, and no row of the unit table converts it.", l.Unit, b.auth.Unit, b.auth.ID)
	case Duplicate:
		return duplicateOf(b)
	case NotEnrolled:
		return fmt.Sprintf("No enrollment holds %s.", l.Date)
	case Matched, OverCap, Exhausted:
		return v.given()
	}
	return v.missed()
}

func unknownOriginal(l *Line) string {
	switch {
	case l.Replaces != "":
		return fmt.Sprintf("The original %s that this row names is not known; it is judged again when that arrives.", l.Replaces)
	case l.Frequency == 8:
		return "This void does not name the line that it voids."
	}
	return "This replacement does not name the line that it replaces."
}

func invalidLine(l *Line) string {
	switch {
	case l.Units.Coef <= 0:
		return fmt.Sprintf("The quantity %s is not more than zero.", l.Units)
	case noCode(l.Code):
		return "The line has no service code."
	case l.Date == NoDay:
		return fmt.Sprintf("%q is not a calendar date.", l.DateText)
	}
	return fmt.Sprintf("The quantity %s is not whole, and no row of the unit table converts it.", l.Units)
}

func duplicateOf(b because) string {
	if b.visit {
		return fmt.Sprintf("Line %s counts for the same visit.", b.line.ID)
	}
	return fmt.Sprintf("Line %s reports the same service, units and date.", b.line.ID)
}

// given explains what rule 3 gave.
func (v *LineVerdict) given() string {
	var from []string
	for _, s := range v.Splits {
		from = append(from, fmt.Sprintf("%d by %s", s.Units, authName(s.Auth.ID)))
	}
	switch a := v.because.auth; {
	case v.Verdict == Matched && v.Needed == 0:
		return "The quantity converts to no whole unit, so nothing had to be paid."
	case v.Verdict == Matched:
		return fmt.Sprintf("All %d units paid: %s.", v.Needed, strings.Join(from, ", "))
	case v.Verdict == OverCap:
		return fmt.Sprintf("%d of %d units paid; authorization %s has units left, but its cap of %d per %s is reached on %s.", v.Matched, v.Needed, a.ID, a.CapUnits, a.CapPeriod, v.Line.Date)
	default:
		return fmt.Sprintf("%d of %d units paid; authorization %s has no units left.", v.Matched, v.Needed, a.ID)
	}
}

// missed explains the nearest miss of rule 4.
func (v *LineVerdict) missed() string {
	l, a := v.Line, v.because.auth
	switch v.Verdict {
	case WrongPayer:
		return fmt.Sprintf("Authorization %s fits, but payer %s is not the payer on %s.", a.ID, a.Payer, l.Date)
	case WrongProvider:
		return fmt.Sprintf("Authorization %s is for provider %s, not %s.", a.ID, a.Provider, l.Provider)
	case OutsidePeriod:
		return fmt.Sprintf("Authorization %s runs from %s to %s, which does not hold %s.", a.ID, a.Start, openEnd(a.End), l.Date)
	case WrongModifier:
		return fmt.Sprintf("Authorization %s is for %s with %s, not with %s.", a.ID, l.Code, modifierWords(a.Modifiers), modifierWords(l.Modifiers))
	case WrongCode:
		return fmt.Sprintf("Authorization %s is for code %s, not %s.", a.ID, a.Code, l.Code)
	}
	return fmt.Sprintf("No authorization for code %s comes near on %s.", l.Code, l.Date)
}

func openEnd(d Day) string {
	if d == Forever {
		return "an open end"
	}
	return d.String()
}

func modifierWords(sent string) string {
	if n := NormalModifiers(sent); n != "" {
		return "modifiers " + n
	}
	return "no modifiers"
}
