package hl7v2

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	er7 "github.com/throughline/throughline/internal/hl7v2"
)

// schedule is SIU: one Appointment of SCH (1 placer id, 2 filler id, 6 and 7
// reason, 8 type, 9 and 10 duration, 11 time, 25 status), TQ1 (7, 8), AIS, AIG,
// AIL, AIP and NTE.
func schedule(k *maker) {
	sch := k.er.First("SCH")
	placer, filler := k.entity(sch.Field(1), "appointment"), k.entity(sch.Field(2), "appointment")
	key := placer
	if key.Value == "" {
		key = filler
	}
	if key.Value == "" {
		k.refuse("SCH-1", fhir.CodeRequired, "no appointment id", "the placer's or the filler's number", "send SCH-1 or SCH-2")
		return
	}
	p := start("Appointment", key)
	if filler.Value != "" && filler != key {
		p.alias = append(p.alias, filler)
		p.Object = p.With("identifier", fhir.List{identifier(key), identifier(filler)})
	}
	status := k.meetingStatus(sch)
	if k.header.Event == "S14" && !sch.Field(25).Has() {
		p.initial("status", status)
	} else {
		p.add("status", status)
	}
	var kinds fhir.List
	for _, s := range k.er.All("AIS") {
		kinds = append(kinds, k.concept(s.Field(3)))
	}
	p.add("serviceType", kinds)
	if v := sch.Field(8); v.Has() {
		p.add("appointmentType", k.concept(v))
	}
	var reasons fhir.List
	for _, f := range []int{7, 6} {
		if v := sch.Field(f); v.Has() {
			reasons = append(reasons, k.concept(v))
		}
	}
	p.add("reasonCode", reasons)
	k.times(p, sch, status)
	p.set("comment", er7.Value{}, note(k.er.Segments.Until("RGS")))
	p.add("participant", k.attendees(sch, status))
	k.patch(key, p)
}

func (k *maker) meetingStatus(sch *er7.Segment) string {
	if s := meetingEvents.find(k.header.Event, ""); s != "" {
		return s
	}
	return meetingStates.find(sch.Field(25).Text(), "booked")
}

// times are SCH-11.4 and .5, TQ1-7 and -8, or AIS-4 with the duration. A booked
// appointment without a time is none (app-3).
func (k *maker) times(p *part, sch *er7.Segment, status string) {
	tq := k.er.First("TQ1")
	start := cmp.Or(k.instant(tq.Field(7), "TQ1-7"), k.instant(sch.Field(11).Comp(4), "SCH-11.4"), k.instant(k.er.First("AIS").Field(4), "AIS-4"))
	end := cmp.Or(k.instant(tq.Field(8), "TQ1-8"), k.instant(sch.Field(11).Comp(5), "SCH-11.5"))
	minutes := duration(sch)
	if start != "" && end == "" && minutes > 0 {
		if t, err := time.Parse(time.RFC3339, start); err == nil {
			end = t.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339)
		}
	}
	if (start == "" || end == "") && (status == "booked" || status == "pending") && k.header.Event != "S14" {
		k.refuse("SCH-11", fhir.CodeRequired, "an appointment without start and end", "YYYYMMDDHHMM in SCH-11.4 and SCH-11.5, or in TQ1-7 and TQ1-8", "send when it is")
		return
	}
	if start != "" && end != "" {
		p.add("start", start)
		p.add("end", end)
	}
	if minutes > 0 {
		p.add("minutesDuration", minutes)
	}
}

// duration is SCH-9 in minutes, by the unit of SCH-10.
func duration(sch *er7.Segment) int {
	n, err := strconv.Atoi(strings.TrimSpace(sch.Field(9).Text()))
	if err != nil || n <= 0 || n > 100_000 {
		return 0
	}
	switch unit := strings.ToLower(sch.Field(10).Text()); {
	case strings.HasPrefix(unit, "h"):
		return n * 60
	case unit == "s" || strings.HasPrefix(unit, "sec"):
		return 0 // no meeting is told in seconds: a slip, and TQ1 has the time
	}
	return n
}

// attendees are the child and whom AIP, AIL, AIG and SCH-16 name, each once.
func (k *maker) attendees(sch *er7.Segment, status string) fhir.List {
	answer := "accepted"
	if status == "pending" || status == "waitlist" {
		answer = "needs-action"
	}
	list := fhir.List{fhir.Obj("actor", k.subject, "status", answer)}
	seen := map[string]bool{}
	add := func(actor fhir.Object, typ fhir.List) {
		text := string(actor.JSON())
		if text == "{}" || seen[text] {
			return
		}
		seen[text] = true
		list = append(list, fhir.Obj("type", typ, "actor", actor, "status", answer))
	}
	for _, s := range k.er.Segments {
		switch s.ID() {
		case "AIP":
			for _, r := range s.Field(3).Reps() {
				add(k.provider(r), k.concepts(s.Field(4)))
			}
		case "AIL":
			if where := place(s.Field(3)); where != "" {
				add(fhir.Obj("type", "Location", "display", where), k.concepts(s.Field(4)))
			}
		case "AIG":
			if what := words(s.Field(3)); what != "" {
				add(fhir.Obj("type", "HealthcareService", "display", what), k.concepts(s.Field(4)))
			}
		}
	}
	for _, r := range sch.Field(16).Reps() {
		add(k.provider(r), nil)
	}
	return list
}
