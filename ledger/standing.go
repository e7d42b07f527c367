package ledger

// Standing is one authorization on the date of the question, after every known
// line: those that could pay in the order in which they would, or else the one
// that the nearest miss names.
type Standing struct {
	Key                    AuthKey
	Continues              AuthKey // the authorization that an open appeal keeps alive by this one; empty = none
	Appeal                 string  // that appeal
	Payer                  string
	Program                string
	Provider               string // empty = any
	Code                   string
	Modifiers              string // normal form
	Unit                   string
	Start                  Day
	End                    Day
	Status                 Status
	Approved               int64
	Used                   int64
	Pending                int64
	Remaining              int64
	CapPeriod              CapPeriod
	CapUnits               int64
	CapLeft                int64 // in the window of the date; as Remaining where there is no cap
	WindowStart, WindowEnd Day   // of the cap, inclusive; NoDay without one
	Received               Stamp // age of the data: when this version was received, and its place of arrival
	Seq                    int64
}

// standing shows an authorization in the cap's window of the current date, after
// every known line.
func (s *Settler) standing(a *Auth, left int64) Standing {
	st := Standing{Key: a.Key(), Continues: a.Continues, Payer: a.Payer, Program: a.Program, Provider: a.Provider, Code: a.Code, Modifiers: NormalModifiers(a.Modifiers),
		Unit: a.Unit, Start: a.Start, End: a.End, Status: a.Status, Approved: a.Units, Used: a.Units - left, Pending: a.Pending,
		Remaining: left, CapPeriod: a.CapPeriod, CapUnits: a.CapUnits, CapLeft: left, WindowStart: NoDay, WindowEnd: NoDay,
		Received: a.Received, Seq: a.Seq}
	if a.Continuation() {
		st.Appeal = a.Appeal()
	}
	from, ok := s.windowStart(a)
	if !ok {
		return st
	}
	st.WindowStart, st.WindowEnd = from, windowEnd(a.CapPeriod, from)
	st.CapLeft = max(a.CapUnits-s.givenBetween(a, from, st.WindowEnd), 0)
	return st
}

// windowEnd is the last date of a cap's window.
func windowEnd(period CapPeriod, from Day) Day {
	switch period {
	case CapWeek:
		return from + 6
	case CapMonth:
		return DayOf(from.Time().AddDate(0, 1, -1))
	}
	return from
}

// givenBetween counts what an authorization gave to all known lines of a window,
// also those dated after the date that is asked about.
func (s *Settler) givenBetween(a *Auth, from, to Day) int64 {
	var sum int64
	for i := range s.result.Lines {
		v := &s.result.Lines[i]
		if v.Line.Date < from || v.Line.Date > to {
			continue
		}
		for _, sp := range v.Splits {
			if s.capCounts(a, sp.Auth) {
				sum += sp.Units
			}
		}
	}
	return sum
}
