package gateway

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// Side is a part in a closed-loop referral.
type Side string

// The requester asks, the target does (SDOH Clinical Care, "Task"; standards
// digest 1.3).
const (
	Requester Side = "requester"
	Target    Side = "target"
)

// taskMoves are the moves of a referral's Task, one step each.
var taskMoves = map[string][]string{
	"draft":            {"requested", "cancelled", "entered-in-error"},
	"requested":        {"accepted", "rejected", "cancelled", "entered-in-error"},
	"accepted":         {"in-progress", "on-hold", "failed", "cancelled", "entered-in-error"},
	"in-progress":      {"on-hold", "completed", "failed", "cancelled", "entered-in-error"},
	"on-hold":          {"in-progress", "completed", "failed", "cancelled", "entered-in-error"},
	"rejected":         {"entered-in-error"},
	"completed":        {"entered-in-error"},
	"failed":           {"entered-in-error"},
	"cancelled":        {"entered-in-error"},
	"entered-in-error": {},
}

// taskSetters says which side sets which status.
var taskSetters = map[Side][]string{
	Requester: {"draft", "requested", "cancelled", "entered-in-error"},
	Target:    {"accepted", "rejected", "in-progress", "on-hold", "failed", "completed", "cancelled"},
}

// PlainTask takes the two states of plain R4 that a referral does not have as
// the ones they mean: received is still requested, ready is accepted. They are
// taken inbound and never sent.
func PlainTask(status string) string {
	switch status {
	case "received":
		return "requested"
	case "ready":
		return "accepted"
	}
	return status
}

// TaskMove judges a change of a referral's Task from one status to another by
// the sides the sender speaks for. A snapshot may skip steps in between, as long
// as the same sides could have taken each of them: a poll does not see them all.
func TaskMove(from, to string, sides []Side, snapshot bool) error {
	from, to = PlainTask(from), PlainTask(to)
	if from == to {
		return nil
	}
	steps := taskSteps(from, sides)
	if slices.Contains(steps, to) || snapshot && taskReaches(from, to, sides) {
		return nil
	}
	allowed := strings.Join(append([]string{from}, steps...), ", ")
	mend := "read the Task again and move it from where it stands"
	if len(taskMoves[from]) <= 1 {
		mend = "a referral that has ended does not open again: send a new Task with basedOn or partOf this one"
	}
	return Faultf("referral", Conflict, fhir.Issue{Code: "business-rule", Path: "Task.status", Found: "a move from " + from + " to " + to + " by the " + words(sides), Allowed: allowed, Fix: mend})
}

// taskSteps are the single moves that the sides may make.
func taskSteps(from string, sides []Side) (out []string) {
	for _, to := range taskMoves[from] {
		if slices.ContainsFunc(sides, func(s Side) bool { return slices.Contains(taskSetters[s], to) }) {
			out = append(out, to)
		}
	}
	return out
}

func taskReaches(from, to string, sides []Side) bool {
	seen, queue := map[string]bool{from: true}, []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range taskSteps(at, sides) {
			if next == to {
				return true
			}
			if !seen[next] {
				seen[next], queue = true, append(queue, next)
			}
		}
	}
	return false
}

func words(sides []Side) string {
	out := make([]string, len(sides))
	for i, s := range sides {
		out[i] = string(s)
	}
	return strings.Join(out, " and ")
}

// IsReferral says whether a Task tracks a referral: it asks to fulfil a
// ServiceRequest.
func IsReferral(task *fhir.Resource) bool {
	for _, c := range task.Get("code", "coding").Items() {
		if c.Get("code").Text() == "fulfill" {
			return true
		}
	}
	return strings.HasPrefix(task.Get("focus", "reference").Text(), "ServiceRequest/")
}

// TaskSides are the sides that a caller speaks for in a Task: as it stands, by
// requester and owner. Who sent the Task is its requester, unless another is
// named; who else may write it works on it.
func TaskSides(task *fhir.Resource, c Caller, sent bool) (out []Side) {
	requester, owner := scopesOf(task.Get("requester")), scopesOf(task.Get("owner"))
	if named(requester, c) || sent {
		out = append(out, Requester)
	}
	if named(owner, c) || !sent || len(owner) == 0 {
		out = append(out, Target)
	}
	return out
}

func named(scopes []string, c Caller) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(c.Scopes, s) })
}

func scopesOf(reference *fhir.Node) (out []string) {
	for _, id := range reference.Get("identifier").Items() {
		out = append(out, ScopeIdentifier(Identifier{id.Get("system").Text(), id.Get("value").Text()}))
	}
	if ref := reference.Get("reference").Text(); ref != "" {
		out = append(out, ref)
	}
	return out
}
