package hl7v2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
	"github.com/throughline/throughline/mappings/codes"
)

// referrals writes each Task: RRI to who sent the referral, REF to others; and
// each ServiceRequest that comes without one.
func (r *renderer) referrals() error {
	for _, task := range r.of("Task") {
		if !referral(task.Resource) {
			continue
		}
		write := r.refer
		if r.theirs(task.Resource, "referral") != "" {
			write = r.answer
		}
		if err := write(task, r.follow(task.Get("focus"))); err != nil {
			return err
		}
	}
	for _, request := range r.of("ServiceRequest") {
		if r.used[request.Resource] || request.Get("intent").Text() == "plan" || r.theirs(request.Resource, "referral") != "" {
			continue
		}
		if err := r.refer(sent{nil, request.verb}, request.Resource); err != nil {
			return err
		}
	}
	return nil
}

// referral says whether a Task is one: it asks to fulfill a request.
func referral(task *fhir.Resource) bool {
	typ, _, _, _ := fhir.ParseRef(task.Get("focus", "reference").Text())
	return typ == "ServiceRequest" || task.Get("focus", "type").Text() == "ServiceRequest" || codeOf(task.Get("code")) == "fulfill"
}

// theirs is the receiver's own number of a record.
func (r *renderer) theirs(res *fhir.Resource, name string) string {
	system := codes.Own(string(r.partner.ID), name)
	for _, id := range res.Get("identifier").Items() {
		if id.Get("system").Text() == system {
			return id.Get("value").Text()
		}
	}
	return ""
}

// refer writes REF: I12 new, I13 changed, I14 taken back. RF1-6 is the id of our
// Task, by which RRI finds it.
func (r *renderer) refer(task sent, request *fhir.Resource) error {
	main := task.Resource
	if main == nil {
		main = request
	}
	event := "I13"
	switch main.Get("status").Text() {
	case "cancelled", "entered-in-error", "revoked":
		event = "I14"
	default:
		if task.verb == gateway.Created {
			event = "I12"
		}
	}
	m, err := r.start("REF", event, "REF_I12", task.Resource, request)
	if err != nil {
		return err
	}
	r.rf1(m, task.Resource, request, []string{main.ID, Namespace}, "")
	r.prd(m, task.Resource, request)
	subject := main.Get("for")
	if subject == nil {
		subject = main.Get("subject")
	}
	quiet := prohibited(request)
	r.pid(m, subject, !quiet)
	n := 0
	for _, ref := range request.Get("reasonReference").Items() {
		if c := r.follow(ref); c != nil && c.Type == "Condition" {
			n++
			r.used[c] = true
			m.Append("DG1").Put(1, fmt.Sprint(n)).Put(3, coding(c.Get("code"))...).Put(6, diagnosisTypes.reverse(codeOf(c.Get("verificationStatus")), "W"))
		}
	}
	notes := texts(request.Get("note"))
	if quiet {
		notes = append([]string{"Do not contact the child or the family about this referral."}, notes...)
	}
	if event == "I14" {
		notes = append(notes, task.Get("statusReason", "text").Text())
	}
	comments(m, notes...)
	return r.end(m)
}

// prohibited says that nobody may phone this family (SDOH Clinical Care).
func prohibited(request *fhir.Resource) bool {
	return slices.ContainsFunc(request.Get("orderDetail").Items(), func(n *fhir.Node) bool { return codeOf(n) == "contacting-subject-prohibited" })
}

// taskStates are the states of a Task as table 0283 has them.
var taskStates = map[string][2]string{
	"accepted": {"A", "Accepted"}, "ready": {"A", "Accepted"}, "in-progress": {"A", "Accepted"}, "on-hold": {"A", "Accepted"}, "completed": {"A", "Accepted"},
	"rejected": {"R", "Rejected"}, "cancelled": {"R", "Rejected"}, "entered-in-error": {"R", "Rejected"}, "failed": {"E", "Expired"},
}

// rf1 writes the referral itself.
func (r *renderer) rf1(m *er7.Message, task, request *fhir.Resource, number []string, external string) {
	status, ok := taskStates[task.Get("status").Text()]
	if !ok {
		status = [2]string{"P", "Pending"}
	}
	s := m.Append("RF1").Put(1, status[0], status[1], "HL70283")
	priority := request.Get("priority").Text()
	if priority == "" {
		priority = task.Get("priority").Text()
	}
	if code := priorities.reverse(priority, ""); code != "" {
		s.Put(2, code, strings.ToUpper(priority[:1])+priority[1:], "HL70280")
	}
	s.Put(3, coding(request.Get("code"))...)
	for _, d := range request.Get("orderDetail").Items() {
		s.Add(4, coding(d)...)
	}
	for _, c := range request.Get("category").Items() {
		s.Put(5, coding(c)...)
		break
	}
	s.Put(6, number...)
	s.Put(7, stamp(request.Get("occurrencePeriod", "start").Text()))
	end := request.Get("occurrencePeriod", "end").Text()
	if end == "" {
		end = task.Get("restriction", "period", "end").Text()
	}
	s.Put(8, stamp(end))
	authored := request.Get("authoredOn").Text()
	if authored == "" {
		authored = task.Get("authoredOn").Text()
	}
	s.Put(9, stamp(authored))
	for _, c := range request.Get("reasonCode").Items() {
		s.Add(10, coding(c)...)
	}
	if external != "" {
		s.Put(11, external, Namespace)
	}
}

// prd writes who refers and to whom.
func (r *renderer) prd(m *er7.Message, task, request *fhir.Resource) {
	for _, side := range []struct{ code, name, task, request string }{{"RP", "Referring Provider", "requester", "requester"}, {"RT", "Referred to Provider", "owner", "performer"}} {
		ref := task.Get(side.task)
		if ref == nil {
			if items := request.Get(side.request).Items(); len(items) > 0 {
				ref = items[0]
			}
		}
		if ref == nil {
			continue
		}
		s := m.Append("PRD").Put(1, side.code, side.name, "HL70286")
		if ref.Get("type").Text() == "Practitioner" || ref.Get("type").Text() == "PractitionerRole" {
			s.Put(2, ref.Get("display").Text())
		} else {
			s.Put(4, ref.Get("display").Text())
		}
		id, typ := providerNumber(ref)
		s.Put(7, id, typ)
	}
}

// answer writes RRI: what became of the receiver's referral, in answer to the
// message that brought it (MSA-2).
func (r *renderer) answer(task sent, request *fhir.Resource) error {
	group := task.Get("groupIdentifier")
	event := "I12"
	switch {
	case task.Get("status").Text() == "cancelled":
		event = "I14"
	case codeOf(group.Get("type")) == "I13":
		event = "I13"
	}
	m, err := r.start("RRI", event, "RRI_I12", task.Resource, request)
	if err != nil {
		return err
	}
	msa := m.Append("MSA").Put(1, "AA")
	if group.Get("system").Text() == codes.Own(string(r.partner.ID), "message") {
		if parts := strings.SplitN(group.Get("value").Text(), "/", 3); len(parts) == 3 {
			msa.Put(2, parts[2])
		}
	}
	r.said(m, task.Resource, request)
	return r.end(m)
}

// said writes what became of a referral: its state, who refers to whom, the
// child, and what was said about it.
func (r *renderer) said(m *er7.Message, task, request *fhir.Resource) {
	number := []string{r.theirs(task, "referral"), first(r.hl7.Facilities)}
	if number[0] == "" { // it came to them from us
		number = []string{task.ID, Namespace}
	}
	r.rf1(m, task, request, number, task.ID)
	r.prd(m, task, request)
	r.pid(m, task.Get("for"), false)
	said := []string{task.Get("statusReason", "text").Text(), task.Get("businessStatus", "text").Text()}
	for _, o := range task.Get("output").Items() {
		said = append(said, o.Get("valueMarkdown").Text(), o.Get("valueString").Text())
	}
	comments(m, append(said, texts(task.Get("note"))...)...)
}
