package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// outcome words a refusal for /fhir.
func (r refused) outcome() *reply {
	return &reply{status: r.status, retry: r.retry, allow: r.allow, code: r.code, body: fhir.Outcome(r.issues)}
}

// errPanic is what a caller learns of a panic.
var errPanic = gateway.Faultf("api", gateway.Internal, general(gateway.Internal))

// noSuchPath is a path nothing stands behind.
func noSuchPath() error {
	return withStatus(http.StatusNotFound, gateway.NotFound, issue("not-found", "", "a path this server does not have",
		"the interactions of /fhir/metadata and the operations of /v1/openapi.yaml", "check the path"))
}

// wrongMethod is a path that is served with other methods.
func wrongMethod(allow []string) error {
	allow = slices.DeleteFunc(allow, func(m string) bool { return m == "" })
	return withStatus(http.StatusMethodNotAllowed, gateway.NotSupported, issue("not-supported", "", "a method this path does not have",
		strings.Join(allow, ", "), "use one of these methods"), allow...)
}

// noteOutcome is an outcome of one informational sentence.
func noteOutcome(format string, args ...any) []byte {
	return fhir.Obj("resourceType", "OperationOutcome", "issue", fhir.List{fhir.Obj(
		"severity", string(fhir.Information), "code", "informational", "diagnostics", fmt.Sprintf(format, args...))}).JSON()
}
