package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// conditions is a query as SQL over resource r: its type, not deleted, visible
// to the caller, and every clause.
func (s *Store) conditions(ctx context.Context, q queryer, c gateway.Caller, query *search.Query, args *[]any) (string, error) {
	b := &builder{s: s, q: q, c: c, args: args}
	parts := []string{"r.type = " + bind(args, query.Type), "r.verb <> 'deleted'", visible(c, "r", args)}
	for i := range query.Clauses {
		part, err := b.clause(ctx, "r", query.Type, &query.Clauses[i])
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " and "), nil
}

// builder turns clauses into SQL.
type builder struct {
	s    *Store
	q    queryer
	c    gateway.Caller
	args *[]any
	n    int // aliases given
}

func (b *builder) bind(v any) string { return bind(b.args, v) }

func (b *builder) alias() string {
	b.n++
	return fmt.Sprintf("x%d", b.n)
}

// clause is one criterion on the resource alias r of type typ.
func (b *builder) clause(ctx context.Context, r, typ string, c *search.Clause) (string, error) {
	switch {
	case c.Has != "":
		return b.has(ctx, r, c)
	case c.Chain != nil:
		return b.chain(ctx, r, typ, c)
	case c.Param.Column() != "":
		return b.column(r, c), nil
	case c.Modifier == search.Missing:
		return b.missing(r, typ, c), nil
	}
	alternatives := make([]string, 0, len(c.Values))
	for i := range c.Values {
		alternative, err := b.value(ctx, r, typ, c, &c.Values[i])
		if err != nil {
			return "", err
		}
		alternatives = append(alternatives, alternative)
	}
	any := "(" + strings.Join(alternatives, " or ") + ")"
	if c.Modifier == search.Not {
		return "not " + any, nil
	}
	return any, nil
}

// column answers _id and _lastUpdated from the resource's own columns.
func (b *builder) column(r string, c *search.Clause) string {
	parts := make([]string, len(c.Values))
	for i, v := range c.Values {
		if c.Param.Column() == "id" {
			parts[i] = r + ".id = " + b.bind(v.Code)
		} else {
			parts[i] = b.ordered(r+".updated_at", r+".updated_at", v)
		}
	}
	any := "(" + strings.Join(parts, " or ") + ")"
	if c.Modifier == search.Not {
		return "not " + any
	}
	if c.Modifier == search.Missing {
		return map[bool]string{true: "1 = 0", false: "1 = 1"}[c.Values[0].Missing]
	}
	return any
}

// ordered is search.Prefix.Holds as SQL.
func (b *builder) ordered(lo, hi string, v search.Value) string {
	switch v.Prefix {
	case search.NotEqual:
		return fmt.Sprintf("(%s < %s or %s > %s)", lo, b.bind(v.Lo), hi, b.bind(v.Hi))
	case search.Greater:
		return hi + " > " + b.bind(v.Hi)
	case search.Less:
		return lo + " < " + b.bind(v.Lo)
	case search.GreaterEqual:
		return hi + " >= " + b.bind(v.Lo)
	case search.LessEqual:
		return lo + " <= " + b.bind(v.Hi)
	case search.StartsAfter:
		return lo + " > " + b.bind(v.Hi)
	case search.EndsBefore:
		return hi + " < " + b.bind(v.Lo)
	case search.Approximate:
		return fmt.Sprintf("(%s <= %s and %s >= %s)", lo, b.bind(v.Hi), hi, b.bind(v.Lo))
	}
	return fmt.Sprintf("(%s >= %s and %s <= %s)", lo, b.bind(v.Lo), hi, b.bind(v.Hi))
}

// within is "r has a row in the table with these conditions".
func (b *builder) within(r, typ, table, param string, conditions ...string) string {
	head := fmt.Sprintf("%s.id in (select id from %s where type = %s and param = %s", r, table, b.bind(typ), b.bind(param))
	return strings.Join(append([]string{head}, conditions...), " and ") + ")"
}

func (b *builder) missing(r, typ string, c *search.Clause) string {
	has := b.within(r, typ, tableOf(c.Param.Type), c.Param.Name)
	if c.Param.Type == search.Token || c.Param.Type == search.URI {
		has = "(" + has + " or " + b.within(r, typ, "search_string", c.Param.Name) + ")"
	}
	if c.Values[0].Missing {
		return "not " + has
	}
	return has
}

func tableOf(t search.Type) string {
	switch t {
	case search.String:
		return "search_string"
	case search.Date:
		return "search_date"
	case search.Reference:
		return "search_ref"
	case search.Number, search.Quantity:
		return "search_quantity"
	}
	return "search_token"
}

// value is one alternative of a clause.
func (b *builder) value(ctx context.Context, r, typ string, c *search.Clause, v *search.Value) (string, error) {
	name := c.Param.Name
	switch {
	case c.Modifier == search.Text || c.Param.Type == search.String:
		return b.within(r, typ, "search_string", name, b.text(c.Modifier, v)), nil
	case c.Param.Type == search.Date:
		return b.within(r, typ, "search_date", name, b.ordered("lo", "hi", *v)), nil
	case c.Param.Type == search.Reference:
		return b.reference(ctx, r, typ, c, v)
	case c.Param.Type == search.Number, c.Param.Type == search.Quantity:
		return b.within(r, typ, "search_quantity", name, append(b.coded("system", "code", v), b.ordered("lo", "hi", *v))...), nil
	case c.Modifier == search.Below:
		return b.within(r, typ, "search_token", name, b.prefix("value", v.Code)), nil
	case c.Param.Type == search.URI:
		return b.within(r, typ, "search_token", name, "value = "+b.bind(clip(v.Code))), nil
	}
	return b.within(r, typ, "search_token", name, b.coded("system", "value", v)...), nil
}

// coded compares a system and a code, each unless any will do.
func (b *builder) coded(system, code string, v *search.Value) []string {
	var out []string
	if !v.AnyCode {
		out = append(out, code+" = "+b.bind(clip(v.Code)))
	}
	if !v.AnySystem {
		out = append(out, system+" = "+b.bind(clip(v.System)))
	}
	return out
}

func (b *builder) text(m search.Modifier, v *search.Value) string {
	switch m {
	case search.Exact:
		return "exact = " + b.bind(clip(v.Text))
	case search.Contains:
		return "value like " + b.bind("%"+likeEscape.Replace(clip(v.Text))+"%") + ` escape '\'`
	}
	return b.prefix("value", v.Text)
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// prefix is "starts with" as a range of the index; U+10FFFF sorts after all text.
func (b *builder) prefix(column, text string) string {
	text = clip(text)
	return fmt.Sprintf("(%s >= %s and %[1]s < %[3]s)", column, b.bind(text), b.bind(text+"\U0010FFFF"))
}

// reference compares a reference. One to a Patient finds everything about that
// person, whoever sent it and whichever Patient resource it names.
func (b *builder) reference(ctx context.Context, r, typ string, c *search.Clause, v *search.Value) (string, error) {
	name := c.Param.Name
	switch {
	case c.Modifier == search.Identifier:
		return b.within(r, typ, "search_ref", name, append(b.coded("system", "target", v), "form = '"+formLogical+"'")...), nil
	case v.URL != "":
		return b.within(r, typ, "search_ref", name, "target = "+b.bind(clip(v.URL)), "form = '"+formURL+"'"), nil
	}
	targets := b.targets(c, v)
	if person, err := b.person(ctx, name, v); err != nil || person != "" {
		return fmt.Sprintf("(%[1]s.person = %[2]s and %[1]s.person <> '')", r, b.bind(person)), err // the second half lets SQLite use the partial index
	}
	return b.within(r, typ, "search_ref", name, "target in ("+bindAll(b.args, targets)+")", "form = ''"), nil
}

// targets are the literal references a value may stand for; the sender's own
// ids are among them where they were never resolved.
func (b *builder) targets(c *search.Clause, v *search.Value) []string {
	types := c.Param.Targets
	if v.Type != "" {
		types = []string{v.Type}
	}
	if len(types) == 0 {
		types = anyTarget
	}
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = t + "/" + v.ID
	}
	return out
}

// anyTarget are the types a bare id is tried for when the parameter names none.
var anyTarget = []string{"Patient", "Practitioner", "PractitionerRole", "Organization", "RelatedPerson", "CarePlan", "CareTeam", "Goal", "Condition",
	"Observation", "ServiceRequest", "Task", "Claim", "ClaimResponse", "Coverage", "Encounter", "EpisodeOfCare", "Procedure", "DocumentReference", "Location", "Device", "Group"}

// subjectParams are the parameters that name the person a resource is about.
var subjectParams = []string{"patient", "subject", "beneficiary", "individual"}

// person is the person of a Patient reference the caller may see, "" otherwise.
func (b *builder) person(ctx context.Context, param string, v *search.Value) (person string, err error) {
	if !slices.Contains(subjectParams, param) || v.Type != "" && v.Type != "Patient" {
		return "", nil
	}
	args := []any{v.ID}
	seen := visible(b.c, "r", &args)
	args = append(args, string(b.c.Partner), "Patient/"+v.ID)
	err = b.q.row(ctx, fmt.Sprintf(`select r.person from resource r where r.type = 'Patient' and r.id = $1 and %s
		union all select r.person from source_ref f join resource r on r.type = 'Patient' and f.resource = 'Patient/' || r.id where f.partner = $%d and f.ref = $%d`,
		seen, len(args)-1, len(args)), args...).Scan(&person)
	if noRows(err) {
		err = nil
	}
	return person, err
}

// chain asks the same of the resource a reference names.
func (b *builder) chain(ctx context.Context, r, typ string, c *search.Clause) (string, error) {
	x := b.alias()
	targets := c.Targets
	if len(targets) == 0 {
		targets = c.Param.Targets
	}
	var alternatives []string
	for _, target := range targets {
		inner, err := b.clause(ctx, x, target, c.Chain)
		if err != nil {
			return "", err
		}
		alternatives = append(alternatives, fmt.Sprintf("(%s.type = %s and %s)", x, b.bind(target), inner))
	}
	return fmt.Sprintf(`%s.id in (select f.id from search_ref f join resource %[2]s on f.target = %[2]s.type || '/' || %[2]s.id
		where f.type = %[3]s and f.param = %[4]s and f.form = '' and %[2]s.verb <> 'deleted' and (%[5]s) and %[6]s)`,
		r, x, b.bind(typ), b.bind(c.Param.Name), strings.Join(alternatives, " or "), visible(b.c, x, b.args)), nil
}

// has asks the same of resources that refer to this one (_has).
func (b *builder) has(ctx context.Context, r string, c *search.Clause) (string, error) {
	x := b.alias()
	inner, err := b.clause(ctx, x, c.Has, c.Chain)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`%[1]s.type || '/' || %[1]s.id in (select f.target from search_ref f join resource %[2]s on %[2]s.type = f.type and %[2]s.id = f.id
		where f.type = %[3]s and f.param = %[4]s and f.form = '' and %[2]s.verb <> 'deleted' and %[5]s and %[6]s)`,
		r, x, b.bind(c.Has), b.bind(c.Param.Name), inner, visible(b.c, x, b.args)), nil
}
