package store

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// maxIncluded bounds what one page brings along.
const maxIncluded = 1000

// include adds what _include and _revinclude ask for, each under the same
// predicate as the matches.
func (s *Store) include(ctx context.Context, c gateway.Caller, q *search.Query, page *gateway.Page) error {
	seen := map[fhir.Ref]bool{}
	for _, m := range page.Matches {
		seen[fhir.NewRef(m.Type, m.ID)] = true
	}
	add := func(found []gateway.Stored) {
		for _, f := range found {
			if ref := fhir.NewRef(f.Type, f.ID); !seen[ref] && len(page.Included) < maxIncluded {
				seen[ref] = true
				page.Included = append(page.Included, f)
			}
		}
	}
	for _, inc := range q.Include {
		found, err := s.byRefs(ctx, c, refsOf(page.Matches, inc))
		if err != nil {
			return err
		}
		add(found)
	}
	for _, inc := range q.RevInclude {
		found, err := s.referring(ctx, c, page.Matches, inc)
		if err != nil {
			return err
		}
		add(found)
	}
	return nil
}

// refsOf lists the local references the matches make by the parameter.
func refsOf(matches []gateway.Stored, inc search.Include) []fhir.Ref {
	var out []fhir.Ref
	for _, m := range matches {
		r, _ := fhir.Parse(m.JSON, fhir.Limits{})
		if r == nil {
			continue
		}
		for _, ref := range search.Extract(r).Refs {
			if ref.Param == inc.Param.Name && ref.ID != "" && (inc.Target == "" || inc.Target == ref.Type) {
				out = append(out, fhir.NewRef(ref.Type, ref.ID))
			}
		}
	}
	return out
}

func (s *Store) byRefs(ctx context.Context, c gateway.Caller, refs []fhir.Ref) ([]gateway.Stored, error) {
	byType := map[string][]string{}
	for _, r := range refs {
		byType[r.Type()] = append(byType[r.Type()], r.ID())
	}
	var out []gateway.Stored
	for typ, ids := range byType {
		args := []any{typ}
		sql := fmt.Sprintf("select %s from resource r where r.type = $1 and r.id in (%s) and r.verb <> 'deleted' and %s order by r.id",
			resourceColumns, bindAll(&args, ids), visible(c, "r", &args))
		found, _, err := s.storedRows(ctx, sql, args)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// referring finds resources that refer to the matches.
func (s *Store) referring(ctx context.Context, c gateway.Caller, matches []gateway.Stored, inc search.Include) ([]gateway.Stored, error) {
	if len(matches) == 0 {
		return nil, nil
	}
	targets := make([]string, len(matches))
	for i, m := range matches {
		targets[i] = m.Type + "/" + m.ID
	}
	args := []any{inc.Type, inc.Param.Name}
	sql := fmt.Sprintf(`select %s from resource r where r.type = $1 and r.verb <> 'deleted' and r.id in
		(select id from search_ref where type = $1 and param = $2 and form = '' and target in (%s)) and %s order by r.seq, r.id limit %d`,
		resourceColumns, bindAll(&args, targets), visible(c, "r", &args), maxIncluded)
	found, _, err := s.storedRows(ctx, sql, args)
	return found, err
}
