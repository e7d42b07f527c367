package gateway

import "time"

// Subscription is a partner's wish to be told when an authorization that it was
// told is pended changes (Subscriptions R5 Backport for R4,
// http://hl7.org/fhir/uv/subscriptions-backport).
type Subscription struct {
	ID        string
	Partner   PartnerID
	Status    SubscriptionStatus
	Version   int64
	Filters   []string // values of org-identifier; empty = every request of the partner
	Endpoint  string
	Headers   []string // "Name: value", as the subscriber wants to see them: secrets
	Media     string
	Heartbeat time.Duration // 0 = none
	Ends      time.Time     // zero = never
	Events    int64         // numbered so far
	Sent      int64         // the newest that was delivered
	Attempts  int           // in a row, without success
	FailedAt  time.Time     // of the first of them
	Fault     string
	Created   time.Time
	Lease     string
	Doc       []byte // the Subscription as sent
}

// SubscriptionStatus is http://hl7.org/fhir/subscription-status.
type SubscriptionStatus string

// Requested until the handshake was answered; error after deliveries failed for
// too long: the subscriber asks anew.
const (
	SubRequested SubscriptionStatus = "requested"
	SubActive    SubscriptionStatus = "active"
	SubError     SubscriptionStatus = "error"
	SubOff       SubscriptionStatus = "off"
)

// Notification is what has to be sent to a subscriber: an event, or the
// handshake or heartbeat when it has no number.
type Notification struct {
	Kind   NotificationKind
	Number int64
	At     time.Time
	Auth   *Authorization // as it stood; nil without an event
	Sent   []byte         // the newest request Bundle by then
}

// NotificationKind is http://hl7.org/fhir/uv/subscriptions-backport/CodeSystem/subscription-notification-type.
type NotificationKind string

// The kinds of notification.
const (
	Handshake    NotificationKind = "handshake"
	Heartbeat    NotificationKind = "heartbeat"
	EventKind    NotificationKind = "event-notification"
	QueryStatus  NotificationKind = "query-status"
	QueryingPast NotificationKind = "query-event"
)

// TopicNotify is the hint that a subscription has something to send.
const TopicNotify = "notify"
