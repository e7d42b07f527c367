package codes

// CARC and RARC are the systems of X12's adjustment and remark codes
// (http://hl7.org/fhir/us/carin-bb names them so).
const (
	CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
	RARC = "https://x12.org/codes/remittance-advice-remark-codes"
)

// reductions are adjustment reasons (CARC) that make a payment smaller and deny
// no service: what the patient owes, contracts, other payers, capitation,
// withholdings, interest. Not checked against the published list: a partner's
// companion guide wins.
var reductions = map[string]bool{
	"1": true, "2": true, "3": true, // deductible, coinsurance, co-payment
	"23": true, "24": true, // another payer's adjudication; capitation
	"42": true, "44": true, "45": true, // above a maximum; prompt-pay discount; above the fee schedule
	"59": true, "94": true, // several procedures at once; more processed than charged
	"100": true, "102": true, "103": true, "104": true, "105": true, // paid to the patient; withholdings
	"131": true, "132": true, "137": true, "139": true, // agreements and surcharges
	"143": true, "144": true, "161": true, "187": true, // deferred; incentives; the patient's account
	"223": true, "225": true, "237": true, "253": true, // legislated; interest; sequestration
	"A2": true, // contractual
}

// Reduces says that an adjustment reason only makes a payment smaller.
func Reduces(reason string) bool { return reductions[reason] }
