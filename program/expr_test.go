package program

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func exprPack(e *Expr) *Pack {
	return &Pack{ID: "p", Source: Source{Title: "T"}, Rules: []Rule{{ID: "r", Kind: KindExpr, Force: Required, Params: e}}}
}

// TestExpr judges every kind of record that an expression can look at, and says what
// it could not judge.
func TestExpr(t *testing.T) {
	asOf := Date(2026, time.March, 31)
	facts := &Facts{Program: "p", Plans: []Plan{{ID: "a", Person: "x", Final: true, NextReview: asOf + 90, LastReview: asOf, Roles: []string{"family"}}, {ID: "b", Person: "y", NextReview: asOf + 91, LastReview: asOf}},
		Stays: []Stay{{ID: "s", Start: asOf - 10}}, Meetings: []Meeting{{ID: "m", On: asOf, Held: true, Recipients: []Recipient{{ID: "M1", Sent: asOf}}}}}
	for _, c := range []struct{ of, holds, finds string }{
		{"plan", "plan.next_review - plan.last_review <= 90", "b"},
		{"plan", "!plan.final || 'family' in plan.roles", ""},
		{"plan", "plan.next_review > as_of && plan.next_review < day('2026-06-30')", "b"},
		{"stay", "stay.start == 0 || as_of - stay.start < 10", "s"},
		{"meeting", "meeting.recipients.all(r, r.sent - meeting.on <= 7)", ""},
		{"referral", "false", ""},
		{"plan", "1 / plan.last_review == 0", ""},
	} {
		e := &Expr{Of: c.of, Holds: c.holds, Reason: "not so"}
		if err := e.Check(); err != nil {
			t.Errorf("%s: %v", c.holds, err)
			continue
		}
		var got []string
		for _, f := range Evaluate(exprPack(e), facts, asOf) {
			got = append(got, f.Subject)
			if f.Reason != "not so" || f.Violation != (f.Subject != "b") {
				t.Errorf("%s: %+v", c.holds, f)
			}
		}
		if strings.Join(got, " ") != c.finds {
			t.Errorf("%s finds %q, want %q", c.holds, got, c.finds)
		}
	}
	if a, b := (&Expr{Of: "plan", Holds: "true", Reason: "r"}), (&Expr{Of: "plan", Holds: "true", Reason: "r"}); a.Check() != nil || fmt.Sprint(Params(a)) != fmt.Sprint(Params(b)) {
		t.Errorf("one rule, two names: %v %v", a, b)
	}
	e := &Expr{Of: "stay", Holds: "1 / (stay.end - stay.end) == 1", Reason: "not so"}
	if found := Evaluate(exprPack(e), facts, asOf); len(found) != 1 || !strings.HasPrefix(found[0].Reason, "the rule cannot be judged: division") {
		t.Errorf("%+v", found)
	}
}

// TestExprIsChecked: a wrong name, type or kind is found with its key, and no
// expression goes on for ever.
func TestExprIsChecked(t *testing.T) {
	for _, c := range []struct {
		e         Expr
		key, says string
	}{
		{Expr{Of: "child", Holds: "true", Reason: "r"}, "of", "one of appeal, budget"},
		{Expr{Of: "plan", Holds: "true"}, "reason", "plain words"},
		{Expr{Of: "plan", Holds: "plan.next_revue > 0", Reason: "r"}, "holds", "at character 5: undefined field 'next_revue'"},
		{Expr{Of: "plan", Holds: "plan.next_review", Reason: "r"}, "holds", "gives int"},
		{Expr{Of: "plan", Holds: "plan.final > 3", Reason: "r"}, "holds", "no matching overload"},
		{Expr{Of: "plan", Holds: "plan.", Reason: "r"}, "holds", "Syntax error"},
		{Expr{Of: "plan", Holds: "", Reason: "r"}, "holds", ""},
		{Expr{Of: "plan", Holds: "stay.start > 0", Reason: "r"}, "holds", "undeclared reference to 'stay'"},
	} {
		err := c.e.Check()
		var wrong *KeyError
		if !errors.As(err, &wrong) || wrong.Key != c.key || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.e, err)
		}
	}
	roles := slices.Repeat([]string{"family"}, 1000)
	e := &Expr{Of: "plan", Holds: "plan.roles.all(a, plan.roles.all(b, plan.roles.all(c, a == b)))", Reason: "r"}
	if found := Evaluate(exprPack(e), &Facts{Plans: []Plan{{ID: "a", Roles: roles}}}, 1); len(found) != 1 || !strings.Contains(found[0].Reason, "cost limit") {
		t.Errorf("%+v", found)
	}
}
