package pas

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// backport is the base of the extensions and profiles of the R5 backport.
const backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"

// IsTopic says whether a Subscription is one of PAS; others are records like any.
func IsTopic(r *fhir.Resource) bool {
	return r != nil && r.Type == "Subscription" && r.Get("criteria").Text() == Topic
}

// Subscription reads a Subscription to the topic of PAS
// (http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-subscription):
// rest-hook, full-resource, filtered by the organization's identifier. allow are
// networks that an endpoint may be in although they are private.
func Subscription(r *fhir.Resource, allow []netip.Prefix) (*gateway.Subscription, fhir.Issues) {
	var issues fhir.Issues
	bad := func(code, path, found, allowed, fix string) {
		issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: code, Path: "Subscription." + path, Found: found, Allowed: allowed, Fix: fix})
	}
	channel := r.Get("channel")
	s := &gateway.Subscription{Status: gateway.SubRequested, Endpoint: channel.Get("endpoint").Text(), Media: channel.Get("payload").Text(), Doc: r.JSON, Filters: filters(r)}
	switch status := r.Get("status").Text(); status {
	case "requested", "active":
	case "off":
		s.Status = gateway.SubOff
	default:
		bad(fhir.CodeValue, "status", strconv.Quote(status), "requested, or off to end it", "send requested; the server makes it active")
	}
	if len(s.Filters) == 0 {
		bad(fhir.CodeRequired, "criteria", "no filter", "org-identifier= and an identifier of your organization", "add the extension backport-filter-criteria")
	}
	if channel.Get("type").Text() != "rest-hook" {
		bad("not-supported", "channel.type", "another channel", "rest-hook", "use rest-hook")
	}
	if s.Media != "application/fhir+json" && s.Media != "application/json" {
		bad("not-supported", "channel.payload", strconv.Quote(s.Media), "application/fhir+json", "use application/fhir+json")
	}
	if content := ext(r.Get("channel", "_payload"), backport+"payload-content").Get("valueCode").Text(); content != "full-resource" {
		bad("not-supported", "channel.payload", "another content than full-resource", "full-resource", "set the extension backport-payload-content")
	}
	if !Reachable(s.Endpoint, allow) {
		bad(fhir.CodeSecurity, "channel.endpoint", "an address that is not sent to", "an https URL without user, query or fragment", "give a public https URL")
	}
	for _, h := range channel.Get("header").Items() {
		if name, value, ok := strings.Cut(h.Text(), ":"); !ok || !headerName(name) || strings.ContainsAny(value, "\r\n") {
			bad(fhir.CodeValue, "channel.header", "a header that is not sent", "Name: value; Authorization or a name of your own", "correct the header")
		}
		s.Headers = append(s.Headers, h.Text())
	}
	if n, err := strconv.Atoi(ext(channel, backport+"heartbeat-period").Get("valueUnsignedInt").Text()); err == nil && n > 0 {
		s.Heartbeat = max(time.Duration(n)*time.Second, 10*time.Second)
	}
	if end := r.Get("end").Text(); end != "" {
		s.Ends = moment(end)
	}
	return s, issues
}

// filters are the values of org-identifier; an example of the guide spells it
// orgIdentifier, another identifier.
func filters(r *fhir.Resource) (out []string) {
	for _, e := range r.Get("_criteria", "extension").Items() {
		if e.Get("url").Text() != backport+"filter-criteria" {
			continue
		}
		criteria := e.Get("valueString").Text()
		if _, after, ok := strings.Cut(criteria, "?"); ok {
			criteria = after
		}
		name, values, _ := strings.Cut(criteria, "=")
		if !slices.Contains([]string{"org-identifier", "orgIdentifier", "identifier"}, name) {
			continue
		}
		for v := range strings.SplitSeq(values, ",") {
			if _, value, ok := strings.Cut(v, "|"); ok {
				v = value
			}
			if v != "" && !strings.ContainsAny(v, " \t\n") {
				out = append(out, v)
			}
		}
	}
	return out
}

// Reachable says whether an endpoint that a subscriber names may be sent to:
// https to a name, whose addresses are checked at dial; http, and addresses
// written out, only in the networks that the operator allows.
func Reachable(endpoint string, allow []netip.Prefix) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	literal := err == nil || u.Hostname() == "localhost"
	allowed := err == nil && slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
	return u.Scheme == "https" && !literal || (u.Scheme == "https" || u.Scheme == "http") && allowed
}

// headerName keeps a subscriber from setting what the connection itself needs.
func headerName(name string) bool {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "host", "content-length", "content-type", "transfer-encoding", "connection", "te", "upgrade", "trailer":
		return false
	}
	return !strings.ContainsAny(name, "\r\n ")
}

// Shown is a Subscription as it is read: its state, without the headers, which
// are secrets (http://hl7.org/fhir/R4/subscription-definitions.html#Subscription.channel.header).
func Shown(s *gateway.Subscription) fhir.Object {
	r, _ := fhir.Parse(s.Doc, fhir.Limits{})
	o := fhir.Obj("resourceType", "Subscription", "id", s.ID, "meta", fhir.Obj("versionId", strconv.FormatInt(s.Version, 10), "profile", r.Get("meta", "profile")), "status", string(s.Status))
	for name, n := range r.Root().Members() {
		switch name {
		case "resourceType", "id", "meta", "status", "error":
		case "channel":
			c := fhir.Obj()
			for part, v := range n.Members() {
				if part != "header" && part != "_header" {
					c = c.With(part, v)
				}
			}
			o = o.With(name, c)
		default:
			o = o.With(name, n)
		}
	}
	return o.With("error", s.Fault)
}

// Notified is the Bundle of a notification: the state of the subscription, then
// a response Bundle for each event.
func Notified(s *gateway.Subscription, kind gateway.NotificationKind, events []gateway.Notification, base, version string, at time.Time) (fhir.Object, fhir.Issues) {
	self := base + "/fhir/Subscription/" + s.ID
	params := fhir.List{
		fhir.Obj("name", "subscription", "valueReference", fhir.Obj("reference", self)),
		fhir.Obj("name", "topic", "valueCanonical", Topic),
		fhir.Obj("name", "status", "valueCode", string(s.Status)),
		fhir.Obj("name", "type", "valueCode", string(kind)),
		fhir.Obj("name", "events-since-subscription-start", "valueString", strconv.FormatInt(s.Events, 10)),
	}
	var foci fhir.List
	for _, e := range events {
		sent, issues := fhir.Parse(e.Sent, fhir.Limits{})
		if sent == nil {
			return fhir.Object{}, issues
		}
		url := named(self, "event", strconv.FormatInt(e.Number, 10))
		params = append(params, fhir.Obj("name", "notification-event", "part", fhir.List{
			fhir.Obj("name", "event-number", "valueString", strconv.FormatInt(e.Number, 10)),
			fhir.Obj("name", "timestamp", "valueInstant", stamp(e.At)),
			fhir.Obj("name", "focus", "valueReference", fhir.Obj("reference", url)),
		}))
		focus := Answer(e.Auth, sent, base+"/fhir/"+e.Auth.Response, version).With("id", strings.TrimPrefix(url, "urn:uuid:"))
		foci = append(foci, fhir.Obj("fullUrl", url, "resource", focus, "request", fhir.Obj("method", "POST", "url", "Bundle"), "response", fhir.Obj("status", "201")))
	}
	url := named(self, string(kind), strconv.FormatInt(s.Events, 10)+at.String())
	state := fhir.Obj("resourceType", "Parameters", "id", strings.TrimPrefix(url, "urn:uuid:"), "meta", fhir.Obj("profile", fhir.List{backport + "subscription-status-r4"}), "parameter", params)
	first := fhir.Obj("fullUrl", url, "resource", state, "request", fhir.Obj("method", "GET", "url", self+"/$status"), "response", fhir.Obj("status", "200"))
	return fhir.Obj("resourceType", "Bundle", "id", strings.TrimPrefix(named(url, "bundle"), "urn:uuid:"), "meta", fhir.Obj("profile", fhir.List{backport + "subscription-notification-r4"}),
		"type", "history", "timestamp", stamp(at), "entry", append(fhir.List{first}, foci...)), nil
}

// StatusOf is the answer to $status: a searchset with the state.
func StatusOf(s *gateway.Subscription, base string, at time.Time) (fhir.Object, fhir.Issues) {
	b, issues := Notified(s, gateway.QueryStatus, nil, base, V201, at)
	if issues != nil {
		return b, issues
	}
	first := b.Get("entry").(fhir.List)[0].(fhir.Object)
	return fhir.Obj("resourceType", "Bundle", "type", "searchset", "total", 1, "timestamp", stamp(at),
		"entry", fhir.List{fhir.Obj("fullUrl", first.Get("fullUrl"), "resource", first.Get("resource"), "search", fhir.Obj("mode", "match"))}), nil
}

// named is a urn:uuid that is always the same for the same words (RFC 9562,
// version 5).
func named(words ...string) string {
	return "urn:uuid:" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(words, "\x00"))).String()
}
