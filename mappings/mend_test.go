package mappings_test

import (
	"github.com/throughline/throughline/mappings/record"
)

func mendStaff(s *record.Staff) {
	s.NPI, s.End, s.FTE, s.OtherDuties = "", later(s.Start, s.End), s.FTE%201, s.OtherDuties%101
	if s.SupervisorID == s.StaffID {
		s.SupervisorID = ""
	}
	for _, list := range [][]record.Credential{s.Qualifications, s.Clearances, s.Trainings} {
		for i := range list {
			list[i].Expires = later(list[i].Issued, list[i].Expires)
		}
	}
	for i := range s.Reviews {
		s.Reviews[i].DecidedOn = later(s.Reviews[i].RequestedOn, s.Reviews[i].DecidedOn)
	}
}

func mendMeeting(m *record.Meeting) {
	for i := range m.Attendees {
		a := &m.Attendees[i]
		a.ID = id(i)
		if a.Role == "youth" || a.Role == "caregiver" || a.Role == "natural-support" {
			a.StaffID = "" // somebody of the child's life
		}
		if a.Role != "youth" && a.Person == "" {
			a.Person = "Somebody"
		}
	}
	if m.Minutes != nil {
		m.Minutes.Document = address(m.Minutes.Document)
	}
	if m.Minutes != nil && m.Minutes.Text+m.Minutes.Document == "" {
		m.Minutes.Text = "Said."
	}
	if m.Shares = m.Shares[:min(len(m.Shares), len(m.Attendees))]; m.Minutes == nil || len(m.Shares) == 0 {
		m.Shares = nil
	}
	for i := range m.Shares {
		s := &m.Shares[i]
		if s.To = m.Attendees[i].ID; s.On == "" && s.Withheld == "" {
			s.On = "2026-03-20"
		}
		s.Withheld = pick(s.On == "", s.Withheld)
	}
}

// address is a URL where something was drawn.
func address(drawn string) string {
	if drawn == "" {
		return ""
	}
	return "https://documents.example/1"
}
