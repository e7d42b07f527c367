package hl7v2

import (
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	er7 "github.com/throughline/throughline/internal/hl7v2"
)

// Question is REF^I15, which asks for the status of a referral (HL7 v2 11.3.5).
// It changes nothing; the reply on its connection is an RRI^I15.
const Question gateway.Kind = "hl7v2/REF^I15"

// asks maps a question: to nothing. One in a file has no connection to be
// answered on.
func (k *maker) asks() {
	if _, _, fault := asked(k.er); fault != nil {
		k.out.Issues = append(k.out.Issues, fault.Issues...)
		return
	}
	if k.message.Channel == "files" {
		k.refuse("MSH-9.2", "not-supported", "a question for the status of a referral in a file", "questions over MLLP, which are answered on their connection", "ask over MLLP; each change of the status is sent as RRI all the same")
	}
}

// Asked is the referral that a question is about: RF1-6.1, and whether the
// number is one of ours (the id of our Task).
func Asked(body []byte, p *gateway.Partner) (number string, ours bool, err error) {
	limits := er7.Limits{}
	if p.HL7 != nil {
		limits.Charset = p.HL7.Charset
	}
	m, err := er7.Parse(body, limits)
	if err != nil {
		return "", false, &gateway.Fault{Op: "ask", Code: gateway.Malformed, Err: err}
	}
	number, ours, fault := asked(m)
	if fault != nil {
		return "", false, fault
	}
	return number, ours, nil
}

func asked(m *er7.Message) (number string, ours bool, fault *gateway.Fault) {
	id := m.First("RF1").Field(6)
	if number = strings.TrimSpace(id.Comp(1).Text()); number == "" {
		return "", false, gateway.Faultf("ask", gateway.Invalid, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeRequired, Path: "RF1-6",
			Found: "no originating referral identifier", Allowed: "the number of the referral that is asked for", Fix: "send RF1-6 as it was in the REF"})
	}
	return number, id.Comp(2).Text() == Namespace, nil
}

// Status writes into the reply to a question what became of the referral whose
// Task is the one resource of d: RF1, PRD, PID and NTE, as every RRI has them.
func Status(reply *er7.Message, d *gateway.Delivery, p *gateway.Partner) {
	r := &renderer{delivery: d, partner: p, hl7: p.HL7}
	if r.hl7 == nil {
		r.hl7 = &gateway.HL7{}
	}
	r.sort()
	task := r.items[0].Resource
	r.said(reply, task, r.follow(task.Get("focus")))
	if reply.Lost() {
		comments(reply, "Characters that your character set (MSH-18) lacks stand as ? in this message.")
	}
}

// Ask is our question for the status of a referral, to who received it: REF^I15
// whose RF1-6 is our Task, the one resource of d. Its key is MSH-10.
func Ask(d *gateway.Delivery, p *gateway.Partner, at time.Time, test bool) ([]byte, error) {
	r := &renderer{delivery: d, partner: p, hl7: p.HL7, processing: "P", used: map[*fhir.Resource]bool{}}
	if r.hl7 == nil {
		r.hl7 = &gateway.HL7{}
	}
	if test {
		r.processing = "T"
	}
	r.sort()
	task := r.items[0].Resource
	request := r.follow(task.Get("focus"))
	m, err := r.start("REF", "I15", "REF_I12", task, request)
	if err != nil {
		return nil, err
	}
	m.First("MSH").Put(7, stamp(at.UTC().Format(time.RFC3339)))
	r.rf1(m, task, request, []string{task.ID, Namespace}, "")
	r.prd(m, task, request)
	r.pid(m, task.Get("for"), false)
	if err := r.end(m); err != nil {
		return nil, err
	}
	return r.body, nil
}
