package search

import (
	"slices"
	"strings"
)

// Match says whether a resource with these rows satisfies the query, by the
// rules the store's SQL follows. It sees one resource only: a query that needs
// others (see Local) does not match.
func Match(q *Query, rows Rows) bool {
	if q.Type != rows.Type {
		return false
	}
	for i := range q.Clauses {
		if !q.Clauses[i].match(&rows) {
			return false
		}
	}
	return true
}

// Local says whether the query can be answered from one resource: it has no
// chain and no _has.
func (q *Query) Local() bool {
	return !slices.ContainsFunc(q.Clauses, func(c Clause) bool { return c.Chain != nil })
}

func (c *Clause) match(rows *Rows) bool {
	switch {
	case c.Chain != nil:
		return false
	case c.Modifier == Missing:
		return c.Values[0].Missing != rows.have(c.Param)
	case c.Modifier == Not:
		return !slices.ContainsFunc(c.Values, func(v Value) bool { return c.any(rows, &v) })
	}
	return slices.ContainsFunc(c.Values, func(v Value) bool { return c.any(rows, &v) })
}

// any says whether some row of the parameter has the value.
func (c *Clause) any(rows *Rows, v *Value) bool {
	name := c.Param.Name
	switch {
	case c.Param.Column() == "id":
		return rows.ID == v.Code
	case c.Param.Column() != "":
		return rows.Updated != 0 && v.Prefix.Holds(v.Lo, v.Hi, rows.Updated, rows.Updated)
	case c.Modifier == Text || c.Param.Type == String:
		return slices.ContainsFunc(rows.Strings, func(r StringRow) bool { return r.Param == name && c.reads(&r, v) })
	}
	switch c.Param.Type {
	case Token, URI:
		return slices.ContainsFunc(rows.Tokens, func(r TokenRow) bool { return r.Param == name && c.codes(&r, v) })
	case Date:
		return slices.ContainsFunc(rows.Dates, func(r DateRow) bool {
			return r.Param == name && v.Prefix.Holds(v.Lo, v.Hi, r.Lo, r.Hi)
		})
	case Reference:
		return slices.ContainsFunc(rows.Refs, func(r RefRow) bool { return r.Param == name && c.refers(&r, v) })
	}
	return slices.ContainsFunc(rows.Quantities, func(r QuantityRow) bool {
		return r.Param == name && v.unit(&r) && v.Prefix.Holds(v.Lo, v.Hi, r.Lo, r.Hi)
	})
}

func (c *Clause) reads(r *StringRow, v *Value) bool {
	switch c.Modifier {
	case Exact:
		return r.Exact == v.Text
	case Contains:
		return strings.Contains(r.Value, v.Text)
	}
	return strings.HasPrefix(r.Value, v.Text)
}

func (c *Clause) codes(r *TokenRow, v *Value) bool {
	switch {
	case c.Modifier == Below:
		return strings.HasPrefix(r.Value, v.Code)
	case c.Param.Type == URI:
		return r.Value == v.Code
	}
	return (v.AnySystem || r.System == v.System) && (v.AnyCode || r.Value == v.Code)
}

func (c *Clause) refers(r *RefRow, v *Value) bool {
	switch {
	case c.Modifier == Identifier:
		return r.Value != "" && (v.AnySystem || r.System == v.System) && (v.AnyCode || r.Value == v.Code)
	case v.URL != "":
		return r.URL == v.URL
	}
	return r.ID == v.ID && (v.Type == "" || r.Type == v.Type)
}

// unit says whether a row is in the unit asked for.
func (v *Value) unit(r *QuantityRow) bool {
	return (v.AnySystem || r.System == v.System) && (v.AnyCode || r.Code == v.Code)
}

// have says whether the resource has any row of the parameter.
func (r *Rows) have(p Param) bool {
	switch p.Type {
	case Token, URI:
		return slices.ContainsFunc(r.Tokens, func(t TokenRow) bool { return t.Param == p.Name }) || r.haveText(p)
	case String:
		return r.haveText(p)
	case Date:
		return slices.ContainsFunc(r.Dates, func(d DateRow) bool { return d.Param == p.Name })
	case Reference:
		return slices.ContainsFunc(r.Refs, func(f RefRow) bool { return f.Param == p.Name })
	}
	return slices.ContainsFunc(r.Quantities, func(q QuantityRow) bool { return q.Param == p.Name })
}

func (r *Rows) haveText(p Param) bool {
	return slices.ContainsFunc(r.Strings, func(s StringRow) bool { return s.Param == p.Name })
}
