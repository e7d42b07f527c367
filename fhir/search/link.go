package search

import (
	"net/url"
	"strconv"
	"strings"
)

// Values are the parameters the query was understood as, for the self link:
// without those that were ignored, without _page, in canonical form. Parsing
// them gives the same query, but for the page.
func (q *Query) Values() url.Values {
	v := url.Values{}
	for i := range q.Clauses {
		c := &q.Clauses[i]
		v.Add(c.key(), c.sent())
	}
	switch {
	case q.Summary != "":
		v.Set("_summary", q.Summary)
	case q.Count != DefaultCount:
		v.Set("_count", strconv.Itoa(q.Count))
	}
	if len(q.Sort) > 0 {
		v.Set("_sort", q.sortKeys())
	}
	for _, in := range q.Include {
		v.Add("_include", in.String())
	}
	for _, in := range q.RevInclude {
		v.Add("_revinclude", in.String())
	}
	if q.Total != "" {
		v.Set("_total", q.Total)
	}
	return v
}

func (q *Query) sortKeys() string {
	keys := make([]string, len(q.Sort))
	for i, s := range q.Sort {
		keys[i] = s.Param.Name
		if s.Desc {
			keys[i] = "-" + s.Param.Name
		}
	}
	return strings.Join(keys, ",")
}

// String is the parameter's value: CarePlan:care-team.
func (in Include) String() string {
	s := in.Type + ":" + in.Param.Name
	if in.Target != "" {
		s += ":" + in.Target
	}
	return s
}

// key is the parameter's name with its modifier and chain.
func (c *Clause) key() string {
	switch {
	case c.Has != "":
		return "_has:" + c.Has + ":" + c.Param.Name + ":" + c.Chain.key()
	case c.Chain != nil && len(c.Targets) == 1 && len(c.Param.Targets) != 1:
		return c.Param.Name + ":" + c.Targets[0] + "." + c.Chain.key()
	case c.Chain != nil:
		return c.Param.Name + "." + c.Chain.key()
	case c.Modifier != Plain:
		return c.Param.Name + ":" + string(c.Modifier)
	}
	return c.Param.Name
}

// sent is the parameter's value: the alternatives in canonical form.
func (c *Clause) sent() string {
	if c.Chain != nil {
		return c.Chain.sent()
	}
	values := make([]string, len(c.Values))
	for i, v := range c.Values {
		values[i] = v.Sent
	}
	return strings.Join(values, ",")
}
