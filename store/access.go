package store

import (
	"fmt"
	"strings"

	"github.com/throughline/throughline/gateway"
)

// bind appends a value to args and gives its placeholder.
func bind(args *[]any, value any) string {
	*args = append(*args, value)
	return fmt.Sprintf("$%d", len(*args))
}

// bindAll appends values and gives their placeholders, comma-separated.
func bindAll[T any](args *[]any, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = bind(args, v)
	}
	return strings.Join(marks, ", ")
}

// among is the condition that a column has one of the values: one text for all
// numbers of them on PostgreSQL.
func among(t *tx, column string, values []string, args *[]any) string {
	if t.pg != nil {
		return column + " = any(" + bind(args, values) + ")"
	}
	return column + " in (" + bindAll(args, values) + ")"
}

// visible is the compartment: the SQL condition that the caller may see the
// resource row of the alias (resource or resource_history). It is part of every
// read; nothing is filtered afterwards. In this order: the sender always sees
// what it sent; directory resources are open to all callers;
// what is addressed to the caller (a referral it has still to answer) is open to
// it; everything else needs a confirmed relation of the person to one of the caller's scopes in a
// period that meets the resource's (an empty one, of a relation that has not begun or is taken back, meets none), and no label that the caller may not see
// unless the family's consent names the caller.
func visible(c gateway.Caller, alias string, args *[]any) string {
	own := fmt.Sprintf("%s.source = %s", alias, bind(args, string(c.Partner)))
	open := fmt.Sprintf("%s.directory = 1", alias)
	asked := addressedTo(c, alias, args)
	related := fmt.Sprintf(`(exists (select 1 from relation rel where rel.person = %[1]s.person and %[2]s
		and rel.hi >= rel.lo and rel.lo <= %[1]s.hi and rel.hi >= %[1]s.lo) and %[3]s)`, alias, confirmed(c, args), permitted(c, alias, args))
	return "(" + own + " or " + open + " or " + asked + " or " + related + ")"
}

// addressedTo is the condition that a Task or ServiceRequest asks the caller to
// do something, or that a finding is about what the caller has sent or oversees,
// with the same regard for labels.
func addressedTo(c gateway.Caller, alias string, args *[]any) string {
	if len(c.Scopes) == 0 {
		return "1 = 0"
	}
	return fmt.Sprintf(`(%[1]s.type in ('Task', 'ServiceRequest', 'DetectedIssue', 'MeasureReport') and exists (select 1 from addressed d where d.type = %[1]s.type and d.id = %[1]s.id
		and d.scope in (%[2]s)) and %[3]s)`, alias, bindAll(args, c.Scopes), permitted(c, alias, args))
}

// related is the condition that the caller has a confirmed relation to a person
// at any time: the predicate for ledger facts.
func related(c gateway.Caller, person string, args *[]any) string {
	return fmt.Sprintf("exists (select 1 from relation rel where rel.person = %s and rel.hi >= rel.lo and %s)", person, confirmed(c, args))
}

// confirmed is the condition on a relation row rel: confirmed, no mere consent
// (which opens labels, not children), and of one of the
// caller's scopes.
func confirmed(c gateway.Caller, args *[]any) string {
	if len(c.Scopes) == 0 {
		return "1 = 0"
	}
	return fmt.Sprintf("rel.confirmed = 1 and rel.why <> 'consent' and rel.scope in (%s)", bindAll(args, c.Scopes))
}

// permitted is the condition on labels: none the caller may not see, or an
// active consent that permits the caller, kept as a relation of its own.
func permitted(c gateway.Caller, alias string, args *[]any) string {
	denied := int64(gateway.LabelMask([]string{"*"}) &^ c.Labels)
	if denied == 0 || len(c.Scopes) == 0 {
		return "1 = 1"
	}
	return fmt.Sprintf(`(%[1]s.labels & %[2]d = 0 or exists (select 1 from relation k where k.person = %[1]s.person
		and k.why = 'consent' and k.confirmed = 1 and k.scope in (%[3]s) and k.hi >= k.lo and k.lo <= %[1]s.hi and k.hi >= %[1]s.lo))`,
		alias, denied, bindAll(args, c.Scopes))
}
