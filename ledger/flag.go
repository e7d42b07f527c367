package ledger

// Flags stand beside a verdict, never instead of it.
const (
	AfterAsOf = "after_as_of" // dated after D or received after the end of it
	// ContinuedBenefits (continued.go): an open appeal keeps it paid
	NotInPlan         = "not_in_plan"          // no plan in force on the date promises the service
	NotIndependent    = "not_independent"      // delivered by the coordinator's own agency where the program asks for independence
	OverDailyMaximum  = "over_daily_maximum"   // above the unit table's daily maximum
	ProviderNotOnTeam = "provider_not_on_team" // a team is in force and does not name the provider
)

// flagMask is a set of flags.
type flagMask uint8

const (
	flagAfter flagMask = 1 << iota
	flagContinued
	flagNotInPlan
	flagNotIndependent
	flagDaily
	flagNotOnTeam
	flagEnd
)

// flagNames in the order of their bits, which is the order of the names.
var flagNames = [...]string{AfterAsOf, ContinuedBenefits, NotInPlan, NotIndependent, OverDailyMaximum, ProviderNotOnTeam}

// flagLists holds the list of every set: lines share them.
var flagLists = func() (lists [flagEnd][]string) {
	for mask := range flagEnd {
		for bit, name := range flagNames {
			if mask&(1<<bit) != 0 {
				lists[mask] = append(lists[mask], name)
			}
		}
	}
	return lists
}()

// flags of a row when its verdict is opened; give adds flagDaily.
func (s *Settler) flags(r *row) flagMask {
	l := r.line
	mask := s.unpromised(r)
	if l.Date != NoDay && l.Date > s.asOf || s.receivedAfter(l.Received, "") {
		mask |= flagAfter
	}
	return mask
}
