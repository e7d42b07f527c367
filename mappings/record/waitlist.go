package record

import (
	"strconv"

	"github.com/throughline/throughline/fhir"
)

// WaitlistEntry is a child's place on the waiting list for a service: waiting lists
// by service, and needs that are not met, are reported (seed 001, conditions).
type WaitlistEntry struct {
	EntryID      string `json:"entry_id" need:"yes" fhir:"ServiceRequest.identifier"`
	Member       `csv:""`
	Person       `csv:"-"`
	Program      string `json:"program" fhir:"extension program"`
	Status       string `json:"status" need:"yes" code:"waitlist_status" fhir:"ServiceRequest.status"`
	Code         string `json:"code" fhir:"ServiceRequest.code.coding"`
	Service      string `json:"service" personal:"yes" fhir:"ServiceRequest.code.text"`
	ProviderID   string `json:"provider_id" fhir:"ServiceRequest.performer.identifier"`
	ProviderName string `json:"provider_name" personal:"yes" fhir:"ServiceRequest.performer.display"`
	Since        Date   `json:"since" fhir:"extension waitlist: since"`
	Place        int64  `json:"place" fhir:"extension waitlist: place" loss:"absent and 0 are the same: not stated"`
	Priority     string `json:"priority" code:"priority" fhir:"ServiceRequest.priority"`
	PlanID       string `json:"plan_id" fhir:"ServiceRequest.basedOn.identifier"`
	NeedID       string `json:"need_id" fhir:"extension waitlist: need"`
	OfferedOn    Date   `json:"offered_on" fhir:"extension waitlist: offered"`
	EndedOn      Date   `json:"ended_on" fhir:"extension waitlist: ended"`
	Reason       string `json:"reason" personal:"yes" fhir:"ServiceRequest.reasonCode.text"`
}

// Name is "waitlist_entry".
func (*WaitlistEntry) Name() string { return "waitlist_entry" }

// ID is the entry's id.
func (w *WaitlistEntry) ID() string { return w.EntryID }

// Fill sets the priority that FHIR takes as the default.
func (w *WaitlistEntry) Fill() { fill(&w.Priority, "routine") }

// Check refuses offers and ends before the child waited, and a need of no plan.
func (w *WaitlistEntry) Check() fhir.Issues {
	var c checks
	c.period("offered_on", w.Since, w.OfferedOn)
	c.period("ended_on", w.Since, w.EndedOn)
	if w.Place < 0 {
		c.bad("place", strconv.FormatInt(w.Place, 10), "1 or more, or nothing", "send the place in the waiting list")
	}
	if w.NeedID != "" && w.PlanID == "" {
		c.bad("plan_id", "a need without its plan", "the plan that states the need", "name the plan, or leave the need out")
	}
	return c.issues
}

// Waiting says whether the child still waits.
func (w *WaitlistEntry) Waiting() bool { return w.Status == "waiting" || w.Status == "offered" }
