package gateway

// Owner is who has to act next on what does not go on by itself.
type Owner string

// The owners of a stop.
const (
	OfPartner     Owner = "partner"
	OfOperator    Owner = "operator"
	OfCoordinator Owner = "coordinator"
)

// Stopped is the code of a delivery that an operator holds.
const Stopped Code = "stopped"

// Unacknowledged is the code of a delivery that was sent and whose
// acknowledgement did not come by the deadline: it counts as not delivered.
const Unacknowledged Code = "unacknowledged"

// Cause says in plain words why something waits, who owns it, and what to do.
type Cause struct {
	Words string
	Owner Owner
	Next  string
}

// deliveryCauses is what a fault on the way out means.
var deliveryCauses = map[Code]Cause{
	Busy:           {"the partner does not answer, or asks to wait", OfPartner, "nothing yet: it is tried again by itself for seven days; call the partner when it lasts"},
	Internal:       {"the try broke off without an answer we understand", OfOperator, "nothing yet: it is tried again by itself; look for the cause in the log under this delivery"},
	Denied:         {"the partner refuses our credentials or our address", OfPartner, "agree on new credentials, put them into the configuration, then redeliver"},
	NotFound:       {"the partner has no such address or record", OfOperator, "check deliver.url and the partner's resource types, then redeliver"},
	Gone:           {"the partner has deleted the record this one updates", OfPartner, "ask the partner whether it is deleted on purpose; then skip it, or redeliver"},
	Invalid:        {"the partner refuses the content", OfCoordinator, "correct the record where it was written and send it again, then skip this delivery; redeliver if the partner was wrong"},
	Malformed:      {"the partner cannot read what we send", OfOperator, "check the partner's wire and format in the configuration, then redeliver"},
	Unmapped:       {"the record cannot be written in the partner's format", OfOperator, "narrow what the partner wants in the configuration, or add the mapping; then redeliver"},
	NotSupported:   {"the partner does not do what we ask", OfOperator, "narrow what the partner wants in the configuration, then redeliver"},
	Conflict:       {"the partner says that it has this key with other content", OfPartner, "ask the partner what it holds under the key of this delivery; then skip it, or redeliver"},
	Mismatch:       {"the partner has changed the record meanwhile", OfCoordinator, "compare the two versions and decide which one is right; then redeliver, or skip it"},
	TooLarge:       {"the partner takes no message of this size", OfPartner, "ask the partner to raise its limit, then redeliver"},
	Unacknowledged: {"no TA1 or 999 came by the deadline: it counts as not delivered", OfPartner, "ask the partner whether the interchange came; redeliver sends it with new control numbers"},
	Stopped:        {"an operator holds it", OfOperator, "redeliver when the reason in the audit trail is gone, or skip it"},
}

// DeliveryCause explains the code of a delivery's fault.
func DeliveryCause(code Code) Cause {
	if c, ok := deliveryCauses[code]; ok {
		return c
	}
	return deliveryCauses[Internal]
}

// messageCauses is what keeps a message from being applied.
var messageCauses = map[Code]Cause{
	Unmapped:     {"there is no mapping for it, or not of the version that was asked for", OfOperator, "add the mapping or the partner's format, then replay"},
	Invalid:      {"its content breaks a rule", OfPartner, "tell the partner which fields; it sends the message again, then discard this one"},
	Malformed:    {"it cannot be read", OfPartner, "tell the partner where it breaks off; it sends the message again, then discard this one"},
	Denied:       {"its sender may not send this any more", OfOperator, "correct the partner's entry in the configuration, then replay or discard"},
	NotFound:     {"it refers to a record that is not here", OfPartner, "wait for the record, or ask the partner for it; then replay"},
	Mismatch:     {"it changes a version that is not current, or several people match", OfCoordinator, "decide which one is meant, then replay or discard"},
	Conflict:     {"its key was used before with other content", OfPartner, "ask the partner which of the two is right"},
	NotSupported: {"it asks for something that is not done here", OfOperator, "discard it and tell the partner"},
}

// MessageCause explains the code of a held message.
func MessageCause(code Code) Cause {
	if c, ok := messageCauses[code]; ok {
		return c
	}
	return Cause{"the gateway could not apply it", OfOperator, "look at its issues, then replay or discard"}
}
