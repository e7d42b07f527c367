package gateway

// RollUpBy is what a roll-up groups children by.
type RollUpBy string

// The groups: by program the columns are payers, else they are programs.
const (
	ByProgram RollUpBy = "program"
	ByClinic  RollUpBy = "clinic"
	ByMCO     RollUpBy = "mco"
	ByCounty  RollUpBy = "county"
)

// RollUpRow is one child in one group and column.
type RollUpRow struct {
	Group, Column    string
	Open, Violations int64 // findings
	Approved, Used   int64 // units
}
