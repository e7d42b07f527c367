package ledger

// Before is the case as it was at an earlier watermark, in the memory of into;
// false when nobody knew of the child then: coverage alone makes no case.
func (c *Case) Before(known int64, into *Case) bool {
	into.Member = c.Member
	into.Lines, into.Auths, into.Spans, into.Plans = into.Lines[:0], into.Auths[:0], into.Spans[:0], into.Plans[:0]
	own := false
	for _, l := range c.Lines {
		if l.Seq <= known {
			into.Lines = append(into.Lines, l)
			own = own || !l.Foreign
		}
	}
	for _, a := range c.Auths {
		if a.Seq <= known {
			into.Auths = append(into.Auths, a)
			own = own || !a.Foreign
		}
	}
	for _, p := range c.Plans {
		if p.Seq <= known {
			into.Plans = append(into.Plans, p)
			own = own || !p.Foreign
		}
	}
	for _, s := range c.Spans {
		if s.Seq <= known {
			into.Spans = append(into.Spans, s)
		}
	}
	return own
}
