package program

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// Expr is a rule that no other kind says: an expression of the Common Expression
// Language (https://cel.dev) that must be true of every record of one kind. It knows
// the record by the name of its kind, with the fields of its facts in lower case
// (plan.next_review), the day of the judgement (as_of) and day("2026-03-31"); days
// are whole numbers, 0 is not stated. A wrong name or type is found when the pack is
// read.
type Expr struct {
	Of     string // plan, meeting, ...: see subjects
	Holds  string // true = kept
	Reason string // plain words for a record of which it is not true
	run    cel.Program
}

// String is what the rule says, the same in every process: a run is named by it.
func (e *Expr) String() string { return e.Of + ": " + e.Holds + "; " + e.Reason }

// KeyError is what is wrong with one of the values of a rule.
type KeyError struct {
	Key string
	Err error
}

func (e *KeyError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *KeyError) Unwrap() error { return e.Err }

// mostSteps bounds what one judgement may cost.
const mostSteps = 100_000

// subject is a kind of record that an expression can look at.
type subject struct {
	facts reflect.Type
	each  func(r *Rule, f *Facts, check func(record any) []gap) []breach
}

func subjectOf[T any, P interface {
	*T
	heading() heading
}](list func(f *Facts) []T) subject {
	return subject{reflect.TypeFor[*T](), func(r *Rule, f *Facts, check func(any) []gap) []breach {
		return each(r, list(f), func(record P) []gap { return check((*T)(record)) })
	}}
}

// subjects are the kinds of record, by their names in expressions.
var subjects = map[string]subject{
	"coordinator": subjectOf(func(f *Facts) []Coordinator { return f.Coordinators }),
	"supervisor":  subjectOf(func(f *Facts) []Supervisor { return f.Supervisors }),
	"staff":       subjectOf(func(f *Facts) []Staff { return f.Staff }),
	"plan":        subjectOf(func(f *Facts) []Plan { return f.Plans }),
	"enrollment":  subjectOf(func(f *Facts) []Enrollment { return f.Enrollments }),
	"packet":      subjectOf(func(f *Facts) []Packet { return f.Packets }),
	"appeal":      subjectOf(func(f *Facts) []Filing { return f.Appeals }),
	"meeting":     subjectOf(func(f *Facts) []Meeting { return f.Meetings }),
	"referral":    subjectOf(func(f *Facts) []Referral { return f.Referrals }),
	"wait":        subjectOf(func(f *Facts) []Wait { return f.Waits }),
	"budget":      subjectOf(func(f *Facts) []Budget { return f.Budgets }),
	"stay":        subjectOf(func(f *Facts) []Stay { return f.Stays }),
}

// Check compiles the expression against the facts of its kind of record.
func (e *Expr) Check() error {
	s, ok := subjects[e.Of]
	if !ok {
		var names []string
		for name := range subjects {
			names = append(names, name)
		}
		slices.Sort(names)
		return &KeyError{"of", errors.New("of must be one of " + strings.Join(names, ", "))}
	}
	if e.Reason == "" {
		return &KeyError{"reason", errors.New("reason must say in plain words what is broken")}
	}
	env, err := cel.NewEnv(ext.NativeTypes(s.facts, ext.ParseStructField(fieldName)), cel.Variable(e.Of, cel.ObjectType(s.facts.Elem().String())),
		cel.Variable("as_of", cel.IntType), cel.Function("day", cel.Overload("day_string", []*cel.Type{cel.StringType}, cel.IntType, cel.UnaryBinding(dayOf))))
	if err != nil {
		return &KeyError{"of", err}
	}
	tree, issues := env.Compile(e.Holds)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return &KeyError{"holds", fmt.Errorf("at character %d: %s", first.Location.Column()+1, first.Message)}
	}
	if tree.OutputType() != cel.BoolType {
		return &KeyError{"holds", fmt.Errorf("the expression gives %s, not true or false", tree.OutputType())}
	}
	e.run, err = env.Program(tree, cel.CostLimit(mostSteps))
	if err != nil {
		return &KeyError{"holds", err}
	}
	return nil
}

func (e *Expr) judge(r *Rule, f *Facts, asOf Day) []breach {
	if e.run == nil {
		if err := e.Check(); err != nil {
			return ofProgram(f, whole("the rule cannot be judged: %s", err))
		}
	}
	return subjects[e.Of].each(r, f, func(record any) []gap {
		kept, _, err := e.run.Eval(map[string]any{e.Of: record, "as_of": int64(asOf)})
		switch {
		case err != nil:
			return whole("the rule cannot be judged: %s", err)
		case kept != types.True:
			return whole("%s", e.Reason)
		}
		return nil
	})
}

// fieldName is the name of a field of the facts as packs write it: next_review of
// NextReview.
func fieldName(f reflect.StructField) string {
	var b strings.Builder
	for i, r := range f.Name {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(f.Name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func dayOf(text ref.Val) ref.Val {
	d, err := ParseDay(string(text.(types.String)))
	if err != nil {
		return types.NewErr("%s", err)
	}
	return types.Int(d)
}
