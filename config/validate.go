package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// rule is one word of a validate tag: how it is checked, what it allows and how
// to mend what breaks it.
type rule struct {
	check         func(string) bool // nil = validator's own
	allowed, mend string
}

// vocabulary is every validate word the document uses.
var vocabulary = map[string]rule{
	"id":          {idPattern.MatchString, "lower-case letters, digits and hyphens, beginning with a letter, at most 63", "choose such a name"},
	"npi":         {ValidNPI, "ten digits with a valid Luhn check digit (prefix 80840)", "check the number with the NPI registry"},
	"uri":         {isURI, "an absolute URI without blanks", "write it as https://... or urn:..."},
	"zone":        {isZone, "a zone of the tz database, such as America/New_York", "correct the zone"},
	"kind":        {kindPattern.MatchString, "fhir/TYPE, json/RECORD, csv/RECORD, hl7v2/TYPE^EVENT, or one of them with *", "write it as fhir/* or csv/service"},
	"label":       {isLabel, "a narrowing label such as R, V, SUD, ETH, HIV, 42CFRPart2, HIPAAPsyNotes, or *", "correct the label"},
	"record":      {func(s string) bool { return slices.Contains(records, s) }, strings.Join(records, ", "), "correct the record kind"},
	"resource":    {fhir.IsType, "a FHIR R4 resource type, such as CarePlan", "correct the type; case counts"},
	"listen":      {isListen, "host:port, such as 127.0.0.1:8080", "write host and port"},
	"endpoint":    {isEndpoint, "an https URL without user and password, or mllps://host:port; http and mllp inside only", "use https or mllps"},
	"host":        {isHost, "host:port, such as sftp.plan.example:22", "write host and port"},
	"pinned":      {isPinned, "SHA256:... or a line of known_hosts without its host, such as ssh-ed25519 AAAA...", "ask the partner for it, or read it with ssh-keyscan and confirm it by telephone"},
	"filekind":    {filePattern.MatchString, "csv/RECORD, json/*, fhir/*, hl7v2/* or x12/*", "write what its files hold"},
	"pattern":     {isNamePattern, "a pattern of a file name, such as services*.csv", "write it without a slash"},
	"certificate": {certificatePattern.MatchString, "the SHA-256 fingerprint of a certificate in hex, or cn:NAME", "see openssl x509 -noout -fingerprint -sha256"},
	"job":         {func(s string) bool { return slices.Contains(jobs, s) }, strings.Join(jobs, ", "), "name a job"},
	"instant":     {isInstant, "a moment with its zone, such as 2026-01-31T00:00:00Z", "write it so"},

	"required":      {nil, "a value", "add it"},
	"required_with": {nil, "both cert and key, or neither", "add the missing one"},
	"oneof":         {nil, "one of: %s", "choose one"},
	"gte":           {nil, "%s or more", "raise it"},
	"lte":           {nil, "%s or less", "lower it"},
	"min":           {nil, "at least %s", "add one"},
	"max":           {nil, "at most %s", "shorten it"},
	"len":           {nil, "exactly %s characters", "correct it"},
}

var (
	idPattern   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	kindPattern = regexp.MustCompile(`^(fhir|json|csv|hl7v2|x12)/(\*|[A-Za-z0-9_^-]+)$`)
)

// validate reports every field that breaks its tag.
func (r *reader) validate() {
	err := fieldRules().Struct(r.doc)
	broken, _ := errors.AsType[validator.ValidationErrors](err)
	for _, e := range broken {
		_, path, _ := strings.Cut(e.Namespace(), ".")
		path = mapKey.ReplaceAllString(path, ".$1")
		if r.reported(path) {
			continue
		}
		word := vocabulary[e.Tag()]
		allowed := word.allowed
		if strings.Contains(allowed, "%s") {
			allowed = fmt.Sprintf(allowed, strings.ReplaceAll(e.Param(), " ", ", "))
		}
		r.add(path, r.found(path, e), allowed, word.mend)
	}
}

// mapKey is how the validator writes map keys: formats[service].version.
var mapKey = regexp.MustCompile(`\[([a-z_]+)\]`)

// reported says whether something is known to be wrong with the value already.
func (r *reader) reported(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Path == path && !p.Warning })
}

// found shows the value that breaks a rule; URLs lose what could be secret.
func (r *reader) found(path string, e validator.FieldError) string {
	v := reflect.ValueOf(e.Value())
	_, written := r.origins[path]
	switch {
	case v.IsValid() && v.IsZero() && !written, v.Kind() == reflect.Slice && v.Len() == 0:
		return "nothing"
	case e.Tag() == "endpoint":
		return strconv.Quote(DSN{Secret{written: v.String()}}.String())
	case v.Kind() == reflect.String:
		return strconv.Quote(v.String())
	}
	return fmt.Sprint(e.Value())
}

func fieldRules() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(keyOf)
	v.RegisterCustomTypeFunc(func(d reflect.Value) any { return d.Interface().(DSN).Reveal() }, DSN{})
	for name, word := range vocabulary {
		if word.check == nil {
			continue
		}
		// The only error is an empty name.
		_ = v.RegisterValidation(name, func(f validator.FieldLevel) bool { return word.check(f.Field().String()) })
	}
	return v
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && u.User == nil && (u.Host != "" || u.Opaque != "") && !strings.ContainsAny(s, " |")
}

func isZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && s != "" && s != "Local"
}

func isInstant(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

func isLabel(s string) bool { return gateway.LabelMask([]string{s}) != 0 }

func isListen(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535
}

func isEndpoint(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return isMLLP(u) || u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
