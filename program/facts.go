package program

// Facts are what is known about the children and staff of one program. They
// carry record ids only, never names. A slice that is not known stays empty;
// what is not there is judged as missing.
type Facts struct {
	Program      string // record id of the program itself, for what no child and no worker answers for
	Coordinators []Coordinator
	Supervisors  []Supervisor
	Staff        []Staff
	Plans        []Plan
	Enrollments  []Enrollment
	Packets      []Packet
	Appeals      []Filing
	Meetings     []Meeting
	Contacts     []Contact
	Referrals    []Referral
	Waits        []Wait
	Budgets      []Budget
	Stays        []Stay
	Reviews      []CredentialRequest
	Measures     []Dated // collected for the program as a whole
	Watches      []Dated // what is monitored for the program, and when last
}

// Coordinator is one coordinator of the program.
type Coordinator struct {
	ID            string
	Children      int      // open enrollments on the day
	FullTime      int      // percent of full time left for coordination after other duties; 0 = not stated, counts as 100
	Family        bool     // coordinates for the own family (RelatedPerson)
	Circumstances []string // such as intensity_of_need, location, crisis, age
	Heavy         []Heavy  // of the children, those who state a circumstance
}

// Heavy is a child of a caseload with the circumstances that weigh.
type Heavy struct{ Circumstances []string }

func (c *Coordinator) heading() heading { return heading{id: c.ID, circumstances: c.Circumstances} }

// Supervisor is one supervisor of coordinators.
type Supervisor struct {
	ID            string
	Coordinators  int
	Circumstances []string
}

func (s *Supervisor) heading() heading { return heading{id: s.ID, circumstances: s.Circumstances} }

// Plan is the version of a care plan in force.
type Plan struct {
	ID                string
	Person            string
	Final             bool // not a draft
	Coordinator       string
	CoordinatorFamily bool     // the family coordinates for itself
	CoordinatorAgency string   // organisation the coordinator works for
	Roles             []string // roles present on the care team
	Sections          []string // sections that are filled in
	Domains           []Domain
	Crisis            *Crisis // nil = no crisis plan
	DecidedBy         string  // role that took the final decision on this version; empty = not recorded
	Services          []Service
	NextReview        Day
	LastReview        Day
	Systems           []System
	Setting           string  // kind of organisation that coordinates
	Needs             []Need  // needs with what is done about each
	Measures          []Dated // collected for the child
	Related           []Related
	Circumstances     []string
}

func (p *Plan) heading() heading {
	return heading{id: p.ID, person: p.Person, draft: !p.Final, circumstances: p.Circumstances}
}

// Enrollment is a span of the program that holds on the day.
type Enrollment struct {
	ID, Person  string
	Coordinator string // who is named with it; empty = nobody
}

func (e *Enrollment) heading() heading { return heading{id: e.ID, person: e.Person} }

// Need is a need of a plan.
type Need struct {
	ID      string
	Service bool // a service of the plan answers it
	Waiting bool // the child stands on a waiting list for it
}

// Related is planning of others for the same child: an IEP, a case plan.
type Related struct {
	Code   string
	Joined bool // the coordinator takes part
}

// Dated is a code with the day it was last seen.
type Dated struct {
	Code string
	On   Day
}

// Domain is a life domain that the team has looked at.
type Domain struct {
	Code      string
	Relevant  bool
	Strengths bool
	Needs     bool
}

// Crisis is the crisis and safety plan.
type Crisis struct {
	ID        string
	Immediate bool // says what to do at once
	Ongoing   bool // addresses ongoing needs
}

// Service is one planned service.
type Service struct {
	ID          string
	Agency      string // organisation that delivers it
	Responsible string // team member who answers for it
}

// System is a child-serving system that is involved with the child.
type System struct {
	Code      string
	Documents bool // its assessments, reports and plans are at hand
}

// Packet is one application.
type Packet struct {
	ID            string
	Person        string
	Birth         Day
	Submitted     Day // zero = a draft, judged as if submitted on the day of evaluation
	Documents     []Paper
	Criteria      []Answer
	Basis         []string // codes of what is stated as the illness
	Decision      string   // "approved" or "denied"; empty = open
	Reasons       []string // codes of the decision
	States        []string // what the decided packet states of the child: strengths, needs
	Appeal        *Appeal  // nil = none
	Circumstances []string
}

// Appeal is the appeal of a denied application.
type Appeal struct{ Asked Day }

// Filing is an appeal or a fair hearing on record, of an application or of an
// authorization.
type Filing struct {
	ID, Person string
	Asked      Day
	Decided    bool // the decision that it is against is on record
}

func (f *Filing) heading() heading { return heading{id: f.ID, person: f.Person} }

func (p *Packet) heading() heading {
	return heading{id: p.ID, person: p.Person, draft: p.Submitted == 0, circumstances: p.Circumstances}
}

// Paper is one document in a packet.
type Paper struct {
	ID       string
	Code     string
	Dated    Day      // date of the document; for a summary, the date it was written
	Contents []string // parts it was found to have
}

// Answer is what the packet says about one criterion.
type Answer struct {
	Criterion string
	Met       bool
	By        string // "clinician", "parent", "agency"; who stated or attested it
}
