package search

// oversight are the parameters of evidence, audit, measures and subscriptions.
// http://hl7.org/fhir/R4/provenance.html#search and the pages beside it.
var oversight = map[string][]Param{
	"Provenance": {
		ref("agent", "agent.who", actors...),
		token("agent-role", "agent.role"),
		token("agent-type", "agent.type"),
		ref("entity", "entity.what"),
		ref("location", "location", "Location"),
		ownPatient("target"),
		date("recorded", "recorded"),
		token("signature-type", "signature.type"),
		ref("target", "target"),
		date("when", "occurredDateTime"),
	},
	"AuditEvent": {
		code("action", "action", "audit-event-action"),
		text("address", "agent.network.address").personal(),
		ref("agent", "agent.who", actors...),
		text("agent-name", "agent.name").personal(),
		token("agent-role", "agent.role"),
		token("altid", "agent.altId").personal(),
		date("date", "recorded"),
		ref("entity", "entity.what"),
		text("entity-name", "entity.name").personal(),
		token("entity-role", "entity.role"),
		token("entity-type", "entity.type"),
		code("outcome", "outcome", "audit-event-outcome"),
		ownPatient("agent.who").also("entity.what"),
		uri("policy", "agent.policy"),
		token("site", "source.site"),
		ref("source", "source.observer", actors...),
		token("subtype", "subtype"),
		token("type", "type"),
	},
	"MeasureReport": {
		date("date", "date"),
		ref("evaluated-resource", "evaluatedResource"),
		ownIdentifier(),
		ref("measure", "measure", "Measure"),
		ownPatient("subject"),
		date("period", "period"),
		ref("reporter", "reporter", "Practitioner", "PractitionerRole", "Organization", "Location"),
		code("status", "status", "measure-report-status"),
		ref("subject", "subject", "Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Device", "Group", "Location"),
	},
	"Subscription": {
		token("contact", "contact").asContact().personal(),
		text("criteria", "criteria").personal(),
		token("payload", "channel.payload"),
		code("status", "status", "subscription-status"),
		code("type", "channel.type", "subscription-channel-type"),
		uri("url", "channel.endpoint").personal(),
	},
	"GuidanceResponse": {
		ownIdentifier(),
		ownPatient("subject"),
		token("request", "requestIdentifier").personal(),
		ref("subject", "subject", "Patient", "Group"),
	},
	"ResearchSubject": {
		date("date", "period"),
		ownIdentifier(),
		ref("individual", "individual", "Patient"),
		ownPatient("individual"),
		code("status", "status", "research-subject-status"),
		ref("study", "study", "ResearchStudy"),
	},
	"ResearchStudy": {
		token("category", "category"),
		date("date", "period"),
		token("focus", "focus"),
		token("identifier", "identifier"),
		token("keyword", "keyword"),
		token("location", "location"),
		ref("partof", "partOf", "ResearchStudy"),
		ref("principalinvestigator", "principalInvestigator", carers...),
		ref("protocol", "protocol", "PlanDefinition"),
		ref("site", "site", "Location"),
		ref("sponsor", "sponsor", "Organization"),
		code("status", "status", "research-study-status"),
		text("title", "title"),
	},
}

// asContact folds the values as e-mail addresses and telephone numbers.
func (p Param) asContact() Param {
	p.contact = true
	return p
}
