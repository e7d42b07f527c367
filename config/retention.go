package config

// Retention says how long classes of records are kept; 0 keeps them for ever.
// What a law or a contract asks for is for the operator to know: 42 CFR 438.3(u)
// asks Medicaid plans for ten years.
type Retention struct {
	PayloadDays  int  `yaml:"payload_days" validate:"gte=0,lte=36500"`             // bytes of messages and files as they came; keys, hashes and answers stay
	ReportDays   int  `yaml:"report_days" validate:"gte=0,lte=36500"`              // files of nights on this machine
	Runs         int  `yaml:"runs" validate:"gte=0"`                               // newest full nights that stay; facts stay anyhow
	ChildrenDays int  `yaml:"children_days" validate:"omitempty,gte=30,lte=36500"` // all about a child, after the last thing that happened
	Rewrite      bool `yaml:"rewrite"`                                             // write the tables anew afterwards: no old byte stays in their files, and nobody else may work meanwhile
}
