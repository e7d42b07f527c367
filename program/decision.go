package program

import (
	"slices"
)

// CodedReason wants a packet to state more than reasons that do not qualify, and
// a denial to give its reason as a code.
type CodedReason struct {
	Items []string // what does not qualify
}

func (c *CodedReason) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Packets, func(p *Packet) []gap {
		var out []gap
		if only := len(p.Basis) > 0 && !slices.ContainsFunc(p.Basis, func(b string) bool { return !slices.Contains(c.Items, b) }); only && p.Decision != "denied" {
			out = append(out, gap{"basis", "the packet states only what does not qualify: " + words(p.Basis)})
		}
		if p.Decision == "denied" && len(p.Reasons) == 0 {
			out = append(out, gap{"reason", "the denial has no coded reason"})
		}
		return out
	})
}

// DecisionCompared wants every decided packet to state what approved and denied
// ones are compared in.
type DecisionCompared struct {
	Items []string
}

func (d *DecisionCompared) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Packets, func(p *Packet) []gap {
		if p.Decision == "" {
			return nil
		}
		return missing(d.Items, p.States, "the "+p.Decision+" packet does not state %s")
	})
}

// AppealCounted wants an appeal to have its date and the denial it is against.
type AppealCounted struct{}

func (*AppealCounted) judge(r *Rule, f *Facts, _ Day) []breach {
	out := each(r, f.Packets, func(p *Packet) []gap {
		if p.Appeal == nil {
			return nil
		}
		return uncounted(p.Appeal.Asked, p.Decision != "")
	})
	return append(out, each(r, f.Appeals, func(a *Filing) []gap { return uncounted(a.Asked, a.Decided) })...)
}

func uncounted(asked Day, decided bool) (out []gap) {
	if asked == 0 {
		out = append(out, gap{"date", "the appeal has no date"})
	}
	if !decided {
		out = append(out, gap{"decision", "there is an appeal and no decision on record"})
	}
	return out
}

// GatesNothing wants no referral refused because of a decision of this program.
type GatesNothing struct {
	Because string // the code such a refusal carries
}

func (g *GatesNothing) judge(r *Rule, f *Facts, _ Day) []breach {
	return each(r, f.Referrals, func(q *Referral) []gap {
		if q.Because != g.Because {
			return nil
		}
		return whole("other care was refused because of: %s", word(q.Because))
	})
}
