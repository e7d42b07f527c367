package program

// Facts are what is known about the children and staff of one program. They
// carry record ids only, never names. A slice that is not known stays empty;
// what is not there is judged as missing.
type Facts struct {
	Coordinators []Coordinator
	Supervisors  []Supervisor
	Plans        []Plan
	Packets      []Packet
}

// Coordinator is one coordinator of the program.
type Coordinator struct {
	ID            string
	Children      int      // open enrollments on the day
	FullTime      int      // percent of full time left for coordination after other duties; 0 = not stated, counts as 100
	Family        bool     // coordinates for the own family (RelatedPerson)
	Circumstances []string // such as intensity_of_need, location, crisis, age
}

// Supervisor is one supervisor of coordinators.
type Supervisor struct {
	ID            string
	Coordinators  int
	Circumstances []string
}

// Plan is the version of a care plan in force.
type Plan struct {
	ID                string
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
	Circumstances     []string
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
	Birth         Day
	Submitted     Day // zero = a draft, judged as if submitted on the day of evaluation
	Documents     []Paper
	Criteria      []Answer
	Circumstances []string
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
