package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

const resourceColumns = "r.type, r.id, r.version, r.updated_at, r.verb, r.json, r.seq"

// Search answers a query with one page. The compartment is part of the SQL.
func (s *Store) Search(ctx context.Context, c gateway.Caller, q *search.Query) (*gateway.Page, error) {
	var args []any
	where, err := s.conditions(ctx, s.reading(), c, q, &args)
	if err != nil {
		return nil, s.worded(err)
	}
	page := &gateway.Page{Total: -1}
	if q.Total == "accurate" || q.Summary == "count" {
		if err := s.reading().row(ctx, "select count(*) from resource r where "+where, args...).Scan(&page.Total); err != nil {
			return nil, s.worded(err)
		}
	}
	if q.Summary == "count" || q.Count == 0 {
		return page, nil
	}
	if err := s.searchPage(ctx, q, where, args, page); err != nil {
		return nil, err
	}
	return page, s.include(ctx, c, q, page)
}

// searchPage reads one page by keyset (the default order) or by offset (_sort).
func (s *Store) searchPage(ctx context.Context, q *search.Query, where string, args []any, page *gateway.Page) error {
	at, err := parseCursor(q.Page)
	if err != nil {
		return err
	}
	order, offset := "r.seq, r.id", int64(0)
	if len(q.Sort) > 0 {
		order, offset = sortOrder(q, &args), at.seq
	} else if q.Page != "" {
		where += fmt.Sprintf(" and (r.seq, r.id) > (%s, %s)", bind(&args, at.seq), bind(&args, at.id))
	}
	sql := fmt.Sprintf("select %s from resource r where %s order by %s limit %d offset %d", resourceColumns, where, order, q.Count+1, offset)
	rows, seqs, err := s.storedRows(ctx, sql, args)
	if err != nil {
		return err
	}
	if page.Matches = rows; len(rows) <= q.Count {
		if q.Page == "" && page.Total < 0 {
			page.Total = len(rows)
		}
		return nil
	}
	page.Matches = rows[:q.Count]
	next := cursor{seqs[q.Count-1], rows[q.Count-1].ID}
	if len(q.Sort) > 0 {
		next = cursor{offset + int64(q.Count), ""}
	}
	page.Next = next.String()
	return nil
}

func (s *Store) storedRows(ctx context.Context, sql string, args []any) (out []gateway.Stored, seqs []int64, err error) {
	rows, err := s.reading().query(ctx, sql, args...)
	if err != nil {
		return nil, nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		var st gateway.Stored
		var us, seq int64
		if err := rows.Scan(&st.Type, &st.ID, &st.Version, &us, &st.Verb, &st.JSON, &seq); err != nil {
			return err
		}
		st.Updated = fromMicros(us)
		out, seqs = append(out, st), append(seqs, seq)
		return nil
	})
	return out, seqs, s.worded(err)
}

// cursor is the place after the last row of a page.
type cursor struct {
	seq int64
	id  string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.seq, 10) + "." + c.id))
}

func parseCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	seq, id, ok := strings.Cut(string(raw), ".")
	n, err2 := strconv.ParseInt(seq, 10, 64)
	if err != nil || err2 != nil || !ok || n < 0 {
		return cursor{}, gateway.Faultf("search", gateway.Malformed, fhir.Issue{Code: "value", Path: "_page", Found: "a page link that is not ours", Fix: "follow the next link as it was given, or search again"})
	}
	return cursor{n, id}, nil
}

// sortOrder is _sort as SQL: the lowest date ascending, the highest descending;
// resources without a value come last.
func sortOrder(q *search.Query, args *[]any) string {
	var keys []string
	for _, k := range q.Sort {
		direction := " asc"
		if k.Desc {
			direction = " desc"
		}
		switch k.Param.Column() {
		case "id":
			keys = append(keys, "r.id"+direction)
		case "last_updated":
			keys = append(keys, "r.updated_at"+direction)
		default:
			value := "(select min(d.lo) from search_date d where d.type = r.type and d.id = r.id and d.param = " + bind(args, k.Param.Name) + ")"
			if k.Desc {
				value = strings.Replace(value, "min(d.lo)", "max(d.hi)", 1)
			}
			keys = append(keys, value+direction+" nulls last")
		}
	}
	return strings.Join(append(keys, "r.seq", "r.id"), ", ")
}
