package program

// Staff is a worker of the program with what was checked and learned.
type Staff struct {
	ID             string
	Roles          []string // such as coordinator, supervisor
	Family         bool     // coordinates for the own family
	Clearances     []Credential
	Trainings      []Credential
	Qualifications []Credential
	Circumstances  []string
}

func (s *Staff) heading() heading { return heading{id: s.ID, circumstances: s.Circumstances} }

// Credential is a clearance, a training or a qualification.
type Credential struct {
	Code    string
	Refused bool // asked for, and not given
	Dated   Day
	Expires Day // zero = never
}

// CredentialRequest is a request to review a candidate's credentials.
type CredentialRequest struct {
	ID            string
	AskedBy       string
	Consulted     []string
	Circumstances []string
}

func (c *CredentialRequest) heading() heading { return heading{id: c.ID} }

// Meeting is a meeting of a team.
type Meeting struct {
	ID, Person    string
	On            Day
	Held          bool
	Attended      []string // roles
	Recipients    []Recipient
	Circumstances []string
}

func (m *Meeting) heading() heading {
	return heading{id: m.ID, person: m.Person, circumstances: m.Circumstances}
}

// Recipient is somebody to whom minutes go.
type Recipient struct {
	ID       string // member of the team
	Other    bool   // not a member: gets them as needed
	Sent     Day
	Withheld string // why they were kept back; empty = they were not
}

// Contact is an attempt to reach somebody about a child.
type Contact struct {
	ID, Person string
	On         Day
	With       string // role
	Reached    bool
}

// Referral is a referral or request for a service.
type Referral struct {
	ID, Person    string
	Open          bool
	Due           Day    // next step; zero = none set
	Outcome       string // of a closed one
	Because       string // code of why it was refused
	Circumstances []string
}

func (r *Referral) heading() heading {
	return heading{id: r.ID, person: r.Person, circumstances: r.Circumstances}
}

// Wait is a place on a waiting list.
type Wait struct {
	ID, Person string
	Service    string
	Since      Day
}

func (w *Wait) heading() heading { return heading{id: w.ID, person: w.Person} }

// Budget is a flexible fund with what was spent of it.
type Budget struct {
	ID, Person    string
	Cents         int64
	Spends        []Spend
	Circumstances []string
}

func (b *Budget) heading() heading {
	return heading{id: b.ID, person: b.Person, circumstances: b.Circumstances}
}

// Spend is one spend of a flexible fund.
type Spend struct {
	ID       string
	Cents    int64
	Approver string
	Need     string
}

// Stay is a residential placement.
type Stay struct {
	ID, Person    string
	Start, End    Day    // both inclusive; no end = still there
	To            string // where the child went; empty = not stated
	EndAdvisedBy  string // who recommended the end
	Circumstances []string
}

func (s *Stay) heading() heading {
	return heading{id: s.ID, person: s.Person, circumstances: s.Circumstances}
}
