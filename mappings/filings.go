package mappings

import (
	"time"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/json"
	"github.com/throughline/throughline/mappings/record"
)

// Filings read kept notices and appeals as the clocks do. partner is who sent a
// record: its zone dates what has no time of day, and its kind says whether it
// decides on appeals.
func Filings(records []gateway.ChildRecord, partner func(gateway.PartnerID) (*gateway.Partner, bool)) (out gateway.Filings) {
	for i := range records {
		stored := &records[i]
		p, known := partner(stored.Partner)
		if !known {
			p = &gateway.Partner{ID: stored.Partner} // it has left the configuration
		}
		rec, issues := json.Decode(stored.Kind, stored.Body, nil)
		if issues.Errors() {
			continue // kept by a version whose rules were others
		}
		switch r := rec.(type) {
		case *record.AdverseNotice:
			out.Notices = append(out.Notices, noticeOf(r, stored, p))
		case *record.Appeal:
			out.Appeals = append(out.Appeals, appealOf(r, stored, p))
		}
	}
	out.Merge()
	return out
}

func noticeOf(r *record.AdverseNotice, stored *gateway.ChildRecord, p *gateway.Partner) gateway.SentNotice {
	return gateway.SentNotice{Partner: p.ID, ID: r.NoticeID, Person: stored.Person, About: aboutOf(r.TraceSystem, r.Trace, r.AuthID, r.Item), Action: r.Action, Sent: momentOf(r.Sent, p),
		Determined: r.Decided.Day(), Effective: r.Effective.Day(), Exception: r.Exception, Reason: r.Reason, Reviewer: r.Reviewer, Credential: r.Credential}
}

func appealOf(r *record.Appeal, stored *gateway.ChildRecord, p *gateway.Partner) gateway.Appeal {
	out := gateway.Appeal{Partner: p.ID, ID: r.AppealID, Person: stored.Person, Decider: p.MayDecide(""), Level: r.Level, Prior: r.PriorID, About: aboutOf(r.TraceSystem, r.Trace, r.AuthID, r.Item),
		Determined: r.Determined.Day(), Filed: momentOf(r.Filed, p), FiledBy: r.FiledBy, Expedited: r.Expedited, Acknowledged: momentOf(r.Acknowledged, p), ExtendDays: int(r.ExtendDays),
		Hearing: r.Hearing.Day(), Resolved: momentOf(r.Decided, p), Outcome: r.Outcome, Known: stored.Known}
	if c := r.Continued; c != nil {
		out.Continued = &gateway.Continuation{Status: c.Status, Asked: c.Asked.Day(), From: c.From.Day(), Until: c.Until.Day()}
	}
	return out
}

func aboutOf(system, trace, number string, item int64) gateway.About {
	return gateway.About{Trace: gateway.Identifier{System: system, Value: trace}, Number: number, Item: int(item)}
}

// momentOf is an instant; a plain date is the start of that day where the sender
// is, and nothing is the zero time.
func momentOf(i record.Instant, p *gateway.Partner) time.Time {
	zone := time.UTC
	if p.Zone != nil {
		zone = p.Zone
	}
	if t, err := time.ParseInLocation(time.DateOnly, string(i), zone); err == nil {
		return t
	}
	if i == "" {
		return time.Time{}
	}
	return time.UnixMicro(int64(i.Stamp())).UTC()
}
