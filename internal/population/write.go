package population

import (
	"bufio"
	"io"
	"strconv"
	"time"
)

// The columns of the default tables, optional ones included.
const (
	EnrollmentHeader    = "member_id,start,end,payer,program,received_at"
	AuthorizationHeader = "authorization_id,member_id,provider_id,code,modifiers,start,end,units,status,unit,cap_period,cap_units,program,payer,payer_used,payer_used_to,received_at"
	ServiceHeader       = "line_id,claim_id,member_id,provider_id,code,modifiers,service_date,units,unit,frequency,replaces,source,authorization_id,visit_id,start_time,received_at"
)

// table writes one CSV file; no cell here ever needs quotes.
type table struct {
	to   *bufio.Writer
	line []byte
	rows int64
}

func newTable(to io.Writer, header string) *table {
	t := &table{to: bufio.NewWriterSize(to, 1<<16)}
	_, _ = t.to.WriteString(header + "\n") // a failed write comes back from Flush
	return t
}

func (t *table) row(cells ...string) {
	t.line = t.line[:0]
	for i, c := range cells {
		if i > 0 {
			t.line = append(t.line, ',')
		}
		t.line = append(t.line, c...)
	}
	_, _ = t.to.Write(append(t.line, '\n'))
	t.rows++
}

// span, authorization and line are rows before they are written. Dates count
// days since 1970; received counts seconds, zero is not stated.
type span struct {
	start, end     int
	open           bool
	payer, program string
	received       int64
}

type authorization struct {
	id, provider, status, payer, program string
	service                              service
	start, end                           int
	open                                 bool
	units                                int
	capPeriod                            string
	capUnits                             int
	counted, countedTo                   string // the payer's own count of units used, and its last day
	received                             int64
}

type line struct {
	id, claim, provider, code, mods, date, units, unit, frequency, replaces, source, auth, visit, start string
	received                                                                                            int64
}

func (g *generator) writeSpan(s span) {
	g.enrollment.row(g.member, day(s.start), openDay(s.end, s.open), s.payer, s.program, instant(s.received))
}

func (g *generator) writeAuthorization(a authorization) {
	limit := ""
	if a.capPeriod != "" {
		limit = strconv.Itoa(a.capUnits)
	}
	g.authorization.row(a.id, g.member, a.provider, a.service.code, a.service.mods, day(a.start), openDay(a.end, a.open), strconv.Itoa(a.units),
		a.status, a.service.unit, a.capPeriod, limit, a.program, a.payer, a.counted, a.countedTo, instant(a.received))
}

func (g *generator) writeLine(l line) {
	if g.advices != nil {
		g.sent = append(g.sent, l)
	}
	g.service.row(l.id, l.claim, g.member, l.provider, l.code, l.mods, l.date, l.units, l.unit, l.frequency, l.replaces, l.source, l.auth,
		l.visit, l.start, instant(l.received))
}

func day(n int) string { return time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly) }

func openDay(n int, open bool) string {
	if open {
		return ""
	}
	return day(n)
}

func instant(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}
