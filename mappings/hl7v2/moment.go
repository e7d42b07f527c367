package hl7v2

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	er7 "github.com/throughline/throughline/internal/hl7v2"
)

// moment is a point in time as precise as it was sent (data types DT, TS, DTM).
type moment struct {
	date  string // YYYY, YYYY-MM or YYYY-MM-DD
	clock bool   // it has hours
	time  time.Time
	frac  string // of a second, ".123"
}

// forms are YYYY[MM[DD[HH[MM[SS[.S]]]]]][+ZZZZ] (HL7 v2 2.A.22), and the ISO
// form some senders write.
var forms = regexp.MustCompile(`^(\d{4})-?(?:(\d{2})-?(?:(\d{2})[T ]?(?:(\d{2}):?(?:(\d{2}):?(?:(\d{2})(?:(\.\d{1,9})|\d{2})?)?)?)?)?)?(Z|[+-]\d{2}:?\d{2})?$`)

// standing is the zone of times that state none: that of MSH-7, else the
// partner's, else UTC.
func (k *maker) standing() *time.Location {
	v := strings.TrimSpace(k.er.Get("MSH-7").Text())
	if m := forms.FindStringSubmatch(v); m != nil && m[8] != "" {
		return offset(m[8])
	}
	if k.partner.Zone != nil {
		return k.partner.Zone
	}
	return time.UTC
}

func offset(s string) *time.Location {
	if s == "Z" {
		return time.UTC
	}
	s = strings.ReplaceAll(s, ":", "")
	h, _ := strconv.Atoi(s[1:3]) // the form has been matched
	m, _ := strconv.Atoi(s[3:])
	n := h*3600 + m*60
	if s[0] == '-' {
		n = -n
	}
	return time.FixedZone("", n)
}

// parse reads a moment; false when the field is empty, "", or no moment, which
// it reports.
func (k *maker) parse(v er7.Value, path string) (moment, bool) {
	text := strings.TrimSpace(v.Text())
	if text == "" {
		return moment{}, false
	}
	if m := forms.FindStringSubmatch(text); m != nil {
		if out, ok := k.read(m); ok {
			return out, true
		}
	}
	k.warn(path, "a value that is no date or time", "YYYY[MM[DD[HHMM[SS[.S]]]]][+ZZZZ]", "send it in this form; it was left out")
	return moment{}, false
}

func (k *maker) read(m []string) (moment, bool) {
	out := moment{date: m[1], frac: m[7]}
	n := [6]int{1, 1, 1}
	for i := range n {
		if m[i+1] != "" {
			n[i], _ = strconv.Atoi(m[i+1]) // digits
		}
	}
	for i, s := range m[2:4] {
		if s == "" {
			break
		}
		out.date = fmt.Sprintf("%s-%0*d", out.date, 2, n[i+1])
	}
	zone := k.zone
	if zone == nil {
		zone = time.UTC
	}
	if m[8] != "" {
		zone = offset(m[8])
	}
	out.clock = m[4] != ""
	out.time = time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, zone)
	back := out.time
	same := back.Year() == n[0] && int(back.Month()) == n[1] && back.Day() == n[2]
	_, off := back.Zone()
	return out, same && n[0] > 0 && n[3] < 24 && n[4] < 60 && n[5] < 60 && off <= 14*3600 && off >= -14*3600
}

// dateTime is a FHIR dateTime of the precision that was sent.
func (m moment) dateTime() string {
	if !m.clock {
		return m.date
	}
	return m.instant()
}

// instant is the moment to the second; a day is its midnight.
func (m moment) instant() string {
	s := m.time.Format("2006-01-02T15:04:05")
	return s + m.frac + m.time.Format("Z07:00")
}

func (k *maker) day(v er7.Value, path string) string {
	m, _ := k.parse(v, path)
	return m.date
}

func (k *maker) dateTime(v er7.Value, path string) string {
	m, ok := k.parse(v, path)
	if !ok {
		return ""
	}
	return m.dateTime()
}

// instant needs a whole day at least.
func (k *maker) instant(v er7.Value, path string) string {
	m, ok := k.parse(v, path)
	if !ok || len(m.date) < len("2026-01-02") {
		return ""
	}
	return m.instant()
}
