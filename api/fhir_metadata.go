package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
)

// metadata is GET /fhir/metadata. It tells what the server does, to anybody.
func (a *API) metadata(context.Context, *call) (*reply, error) {
	return &reply{status: http.StatusOK, body: a.capabilities()}, nil
}

// smart is GET /fhir/.well-known/smart-configuration: SMART is not served, and
// saying so keeps clients from trying.
func (a *API) smart(context.Context, *call) (*reply, error) {
	return nil, withStatus(http.StatusNotFound, "not_found", issue("not-supported", "", "a question for SMART App Launch",
		"bearer tokens given out by the operator", "ask the operator for a token"))
}

// claims maps the names in the route table to the interactions that a
// CapabilityStatement may claim (http://hl7.org/fhir/R4/valueset-type-restful-interaction.html).
// Routes that are not here are claimed in another way, or not at all.
var claims = map[string]string{
	"create": "create", "read": "read", "vread": "vread", "update": "update", "delete": "delete",
	"history-instance": "history-instance", "history-type": "history-type", "search-type": "search-type",
}

// What a CapabilityStatement has no element for.
const (
	ownIDs = "Update as create: a PUT to an id that is no resource you may see creates one of your own. The server gives it an id of its own, " +
		"which Location and the answer have; the id of the URL stays your name for it, for read, update, delete and references."
	readsLast = "Transactions: reads are run after the writes were committed; one that fails has its status in its entry, and the writes stay. " +
		"A repeat is given the stored answer to the writes, and its reads are run again."
)

// capabilityStatement is made from the live route table and the search tables,
// so that it claims what is there and nothing else. It never changes while the
// server runs.
func (a *API) capabilityStatement() []byte {
	served := map[string]bool{}
	for _, r := range a.table {
		served[r.Name] = true
	}
	var interactions fhir.List
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if served[name] {
			interactions = append(interactions, fhir.Obj("code", claims[name]))
		}
	}
	var resources fhir.List
	for _, typ := range fhir.Types() {
		resources = append(resources, a.capabilityOf(typ, served, interactions))
	}
	var system fhir.List
	if served["system"] {
		system = fhir.List{fhir.Obj("code", "transaction"), fhir.Obj("code", "batch")}
	}
	return fhir.Obj(
		"resourceType", "CapabilityStatement",
		"status", "active",
		"date", a.Now().UTC().Format(instant),
		"publisher", "Throughline",
		"kind", "instance",
		"software", fhir.Obj("name", "Throughline", "version", a.Version),
		"implementation", fhir.Obj("description", "Throughline, FHIR R4 gateway for children's behavioral-health care", "url", a.Base+"/fhir"),
		"fhirVersion", "4.0.1",
		"format", fhir.List{mediaFHIR, "json"},
		"rest", fhir.List{fhir.Obj(
			"mode", "server",
			"documentation", ownIDs+" "+readsLast,
			"security", fhir.Obj("cors", false, "description", "Bearer tokens (RFC 6750), given out by the operator. A partner sees the children it is related to."),
			"resource", resources,
			"interaction", system,
			"operation", a.systemOperations(),
		)},
	).JSON()
}

// systemOperations are the operations of no type.
func (a *API) systemOperations() fhir.List {
	if a.Authorizations == nil {
		return nil
	}
	return fhir.List{fhir.Obj("name", "submit-attachment", "definition", "http://hl7.org/fhir/us/davinci-cdex/OperationDefinition/submit-attachment")}
}

// capabilityOf is one rest.resource.
func (a *API) capabilityOf(typ string, served map[string]bool, interactions fhir.List) fhir.Object {
	support := search.Supported(typ)
	var params fhir.List
	for _, p := range support.Params {
		params = append(params, fhir.Obj("name", p.Name, "definition", p.Definition, "type", string(p.Type)))
	}
	var operations fhir.List
	if served["validate"] {
		operations = fhir.List{fhir.Obj("name", "validate", "definition", "http://hl7.org/fhir/OperationDefinition/Resource-validate")}
	}
	if typ == "Claim" && a.Authorizations != nil {
		operations = append(operations, fhir.Obj("name", "submit", "definition", pasOperations+"Claim-submit"), fhir.Obj("name", "inquire", "definition", pasOperations+"Claim-inquiry"))
	}
	if typ == "CoverageEligibilityRequest" && served["submit"] {
		operations = append(operations, fhir.Obj("name", "submit", "definition", "http://hl7.org/fhir/OperationDefinition/CoverageEligibilityRequest-submit"))
	}
	if typ == "Subscription" && a.Subscriptions != nil {
		const definition = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-"
		operations = append(operations, fhir.Obj("name", "status", "definition", definition+"status"), fhir.Obj("name", "events", "definition", definition+"events"))
	}
	conditionalDelete := "not-supported"
	if served["delete-conditional"] {
		conditionalDelete = "single"
	}
	return fhir.Obj(
		"type", typ,
		"interaction", interactions,
		"versioning", "versioned-update",
		"readHistory", true,
		"updateCreate", served["update"],
		"conditionalCreate", true,
		"conditionalRead", "full-support",
		"conditionalUpdate", served["update-conditional"],
		"conditionalDelete", conditionalDelete,
		"searchInclude", support.Includes,
		"searchRevInclude", closeBy(support.RevIncludes),
		"searchParam", params,
		"operation", operations,
	)
}

// closeBy leaves out the reverse includes from parameters that may name any
// type: they work, but listing them with every type would triple the statement.
func closeBy(includes []string) []string {
	return slices.DeleteFunc(slices.Clone(includes), func(include string) bool {
		typ, name, _ := strings.Cut(include, ":")
		p, ok := search.Find(typ, name)
		return !ok || len(p.Targets) == 0
	})
}
