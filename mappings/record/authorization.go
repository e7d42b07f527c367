package record

import (
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// Authorization is a request for prior authorization with the payer's decision
// on each item (ledger.md, table "authorization"; standards.md 3). A row of CSV
// is one authorization with one item.
type Authorization struct {
	AuthID    string `json:"authorization_id" need:"yes" fhir:"Claim.identifier, ClaimResponse.identifier"`
	Member    `csv:""`
	Person    `csv:"-"`
	Provider  string     `json:"provider_id" fhir:"Claim.provider.identifier" loss:"empty = any provider"`
	Items     []AuthItem `json:"items" csv:"*" need:"yes" fhir:"Claim.item, ClaimResponse.item"`
	Program   string     `json:"program" fhir:"extension program"`
	Payer     string     `json:"payer" fhir:"Claim.insurer.identifier"`
	Priority  string     `json:"priority" csv:"-" code:"auth_priority" fhir:"Claim.priority" loss:"absent is written as standard"`
	Requested Date       `json:"requested_on" csv:"-" fhir:"Claim.created"`
	Decided   Date       `json:"decided_on" csv:"-" fhir:"ClaimResponse.created"`
	Diagnosis IDs        `json:"diagnosis" csv:"-" fhir:"Claim.diagnosis"`
	Received  Instant    `json:"received_at" fhir:"extension received-at"`
}

// AuthItem is one authorised service.
type AuthItem struct {
	ItemID         string    `json:"item_id" csv:"-" fhir:"ClaimResponse.item.extension authorizationNumber"`
	Code           string    `json:"code" need:"column" fhir:"Claim.item.productOrService"`
	Modifiers      Modifiers `json:"modifiers" fhir:"Claim.item.modifier"`
	Start          Date      `json:"start" need:"yes" fhir:"ClaimResponse.item.extension itemPreAuthPeriod"`
	End            Date      `json:"end" fhir:"ClaimResponse.item.extension itemPreAuthPeriod" loss:"an end before the start is kept in the extension retracted-end"`
	Units          int64     `json:"units" need:"yes" fhir:"ClaimResponse.item.extension itemAuthorizedDetail; addItem.quantity when partial"`
	RequestedUnits int64     `json:"requested_units" csv:"-" fhir:"Claim.item.quantity" loss:"absent when 0"`
	Status         string    `json:"status" need:"yes" code:"auth_status" fhir:"ClaimResponse.item.adjudication.extension reviewAction"`
	Unit           string    `json:"unit" fhir:"quantity.unit"`
	Action         string    `json:"action" csv:"-" code:"review_action" fhir:"reviewActionCode" loss:"follows from the status when absent"`
	Reason         string    `json:"reason" personal:"yes" fhir:"ClaimResponse.processNote"`
	CapPeriod      string    `json:"cap_period" code:"cap_period" fhir:"extension authorization-cap: period"`
	CapUnits       int64     `json:"cap_units" fhir:"extension authorization-cap: units"`
	PayerUsed      int64     `json:"payer_used" fhir:"extension authorization-count: units"`
	PayerUsedTo    Date      `json:"payer_used_to" fhir:"extension authorization-count: to"`
}

// Name is "authorization".
func (*Authorization) Name() string { return "authorization" }

// ID is the authorization's id.
func (a *Authorization) ID() string { return a.AuthID }

// FactID is the id by which the ledger knows an item: its own, or that of the
// authorization when it has only one.
func (a *Authorization) FactID(i int) string {
	if id := a.Items[i].ItemID; id != "" {
		return id
	}
	return a.AuthID
}

// Apart is one authorization for each item, as the rows of a table and the
// ledger know them.
func (a *Authorization) Apart() []Record {
	out := make([]Record, len(a.Items))
	for i, item := range a.Items {
		one := *a
		one.AuthID, one.Items = a.FactID(i), []AuthItem{item}
		out[i] = &one
	}
	return out
}

// Retracted says that the item takes back what was sent before: its end is
// before its start (ledger.md, keys).
func (i *AuthItem) Retracted() bool { return i.End != "" && i.End < i.Start }

// Check refuses negative units, caps without a period, and several items that
// share one identity.
func (a *Authorization) Check() fhir.Issues {
	var c checks
	seen := map[string]bool{}
	for i, item := range a.Items {
		path := at("items", i)
		if item.Units < 0 {
			c.bad(path+".units", strconv.FormatInt(item.Units, 10), "0 or more", "send the authorised quantity")
		}
		if item.CapUnits < 0 || item.CapUnits > 0 && item.CapPeriod == "" || item.CapUnits == 0 && item.CapPeriod != "" {
			c.bad(path+".cap_units", strconv.FormatInt(item.CapUnits, 10), "a cap of 1 or more with its cap_period, or neither", "send both or none")
		}
		if !slices.Contains(actions[item.Status], item.Action) {
			c.bad(path+".action", strconv.Quote(item.Action), strings.Join(actions[item.Status], " or ")+" with status "+item.Status, "correct the action or the status")
		}
		if item.PayerUsed < 0 || item.PayerUsed > 0 && item.PayerUsedTo == "" {
			c.bad(path+".payer_used", strconv.FormatInt(item.PayerUsed, 10), "0 or more, with payer_used_to", "send the payer's count with the last date of service in it, or neither")
		}
		if id := a.FactID(i); seen[id] {
			c.bad(path+".item_id", "an identity that an earlier item has", "an own item_id when there are several items", "give each item its item_id")
		} else {
			seen[id] = true
		}
	}
	return c.issues
}
