package x12

// Review is a 278 (005010X217), request or response, in the one shape that both
// its text and FHIR are read into and written from. What it has no place for is
// a loss, and reported where it is met.
type Review struct {
	Response  bool
	Reference string // BHT03
	At        string // BHT04, BHT05: "2026-03-03T10:15:00-05:00"; X12 has no zone: it is the partner's
	Payer     Party  // 2010A, NM1*X3: who decides
	Requester Party  // 2010B, NM1*1P or FA
	Member    Person // 2010C: the subscriber; the child itself under Medicaid
	Dependent *Person
	Event     Level // 2000E
	Services  []Level
	Errors    []Refusal // AAA at 2000A to 2000E
}

// Party is an organization or a person that acts: an NM1 with what stands under it.
type Party struct {
	Entity    string // NM101 (X12 98): X3, 1P, FA, SJ, 72 ...
	Person    bool   // NM102 = 1
	Name      string // NM103
	Given     string // NM104
	Qualifier string // NM108: PI, XX, 46, EI ...
	ID        string // NM109
	TaxID     string // REF*EI
	Contact   string // PER02
	Phone     string // PER with TE
	Specialty string // PRV03 with PXC
}

// Person is a subscriber or a dependent.
type Person struct {
	Family, Given, Middle string
	Member                string // NM109 with MI
	Birth                 string // DMG02: "2013-05-14"
	Gender                string // DMG03: F, M, U
	Relationship          string // INS02 of a dependent: 01, 19, G8 ...
}

// Diagnosis is one HI component: qualifier ABK, ABF, ABJ, APR; a code without its dot.
type Diagnosis struct{ Qualifier, Code string }

// Attachment is a PWK: what will come or has come beside the transaction.
type Attachment struct{ Type, Method, Control, Text string }

// Level is the patient event (2000E) or one service (2000F).
type Level struct {
	Sequence   int    // of a service; 0 in a response: the payer's own, not asked
	Trace      string // TRN02 of the requester: TRN*1 in a request, TRN*2 in a response
	TraceOrg   string // TRN03 beside it
	PayerTrace string // TRN*1 of a response
	PayerOrg   string

	RequestType   string // UM01
	Certification string // UM02
	Category      string // UM03
	Place         string // UM04-1
	Urgency       string // UM06

	Action string // HCR01
	Number string // HCR02
	Reason string // HCR03

	Authorization string // REF*BB
	Admin         string // REF*NT
	Start, End    string // DTP*AAH of the event, DTP*472 of a service
	Issued        string // DTP*102
	From, To      string // DTP*007, or DTP*036 for the end

	Diagnoses   []Diagnosis
	Scheme      string // SV1, SV3: qualifier of the code: HC, AD
	Code        string
	Modifiers   []string
	Amount      string // SV102
	Unit        string // SV103: UN, MJ, DA
	Units       string // SV104
	Delivery    Delivery
	Attachments []Attachment
	Messages    []string // MSG01
	Providers   []Party
	Errors      []Refusal // AAA of a service
}

// Delivery is an HSD: Units by Qualifier (X12 673), so many in each Per (355),
// Count times Period (615).
type Delivery struct{ Qualifier, Units, Per, Every, Period, Count, Pattern, Time string }

// Refusal is an AAA: valid request indicator, reason (X12 901), follow-up (889).
type Refusal struct {
	Valid, Reason, FollowUp string
	Loop                    string // where it stood: "2000C"
}

// itemTrace is how we trace an item that its requester gave no number: by the
// request and the sequence of the item.
func itemTrace(event string, sequence string) string { return event + "-" + sequence }
