package gateway

import "github.com/throughline/throughline/ledger"

// Record is one version of a record as the rules of programs read it: whole, as
// JSON of docs/mappings, whatever wire it came by.
type Record struct {
	Kind     string // care_plan, staff, meeting, ...
	ID       string // the sender's own id of it
	Received ledger.Stamp
	Body     []byte
}

// RecordFact is a record of one member; the empty identifier is nobody: staff.
type RecordFact struct {
	Member Identifier
	Record
}

// StoredRecord is a record as the store hands it out.
type StoredRecord struct {
	Record
	Partner PartnerID
	Known   int64  // number of the commit that brought it
	Member  string // the child's id as it was sent
}

// ChildRecord is a record of one child, who is named by the store's key.
type ChildRecord struct {
	Person string
	StoredRecord
}

// StoredResource is one version of a resource as the store hands it out to whoever
// reads records out of resources.
type StoredResource struct {
	Type, ID string
	Source   PartnerID
	Known    int64 // number of the commit that brought the version
	JSON     []byte
}
