package hl7v2

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// meetings writes each Appointment as SIU: S12 new, S14 changed, S15 cancelled,
// S17 in error, S26 nobody came.
func (r *renderer) meetings() error {
	for _, a := range r.of("Appointment") {
		if err := r.meeting(a); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) meeting(a sent) error {
	event := "S14"
	switch status := a.Get("status").Text(); {
	case status == "cancelled":
		event = "S15"
	case status == "entered-in-error":
		event = "S17"
	case status == "noshow":
		event = "S26"
	case a.verb == gateway.Created:
		event = "S12"
	}
	m, err := r.start("SIU", event, "SIU_S12", a.Resource)
	if err != nil {
		return err
	}
	s := m.Append("SCH")
	if own := r.theirs(a.Resource, "appointment"); own != "" {
		s.Put(1, own, first(r.hl7.Facilities))
	}
	s.Put(2, a.ID, Namespace)
	for i, reason := range a.Get("reasonCode").Items() {
		s.Put(7-min(i, 1), coding(reason)...)
	}
	s.Put(8, coding(a.Get("appointmentType"))...)
	if n := a.Get("minutesDuration").Text(); n != "" {
		s.Put(9, n).Put(10, "min", "minutes", "UCUM")
	}
	s.Put(11, "", "", "", stamp(a.Get("start").Text()), stamp(a.Get("end").Text()))
	s.Put(25, meetingStates.reverse(a.Get("status").Text(), ""))
	comments(m, a.Get("comment").Text(), a.Get("description").Text())
	var child *fhir.Node
	for _, p := range a.Get("participant").Items() {
		if typ, _, _, _ := fhir.ParseRef(p.Get("actor", "reference").Text()); typ == "Patient" {
			child = p.Get("actor")
		}
	}
	r.pid(m, child, true)
	m.Append("RGS").Put(1, "1")
	for _, t := range a.Get("serviceType").Items() {
		m.Append("AIS").Put(1, "1").Put(3, coding(t)...)
	}
	for _, p := range a.Get("participant").Items() {
		actor := p.Get("actor")
		switch typ := actor.Get("type").Text(); {
		case actor == child:
		case typ == "Location":
			m.Append("AIL").Put(1, "1").Put(3, "", "", "", actor.Get("display").Text())
		case typ == "HealthcareService":
			m.Append("AIG").Put(1, "1").Put(3, "", actor.Get("display").Text())
		default:
			m.Append("AIP").Put(1, "1").Put(3, xcn(actor)...)
		}
	}
	return r.end(m)
}
