package store

import (
	"context"
	"slices"
	"strings"
)

// link is a pair of persons whose cases have to be read together.
type link struct{ person, other string }

// linkPersons records which persons the new rows tie together: a key that moved
// from one to the other, or a row that replaces a row of another person. The
// loader hands each of them the other's rows as foreign ones.
func linkPersons(ctx context.Context, t *tx, k *factKind, news []sheetRow, old map[factKey][]sheetRow) error {
	if k == spanKind {
		return nil // a span belongs to its person
	}
	found := map[link]bool{}
	for i := range news {
		for _, o := range old[k.key(&news[i])] {
			found[link{news[i].s[factPerson], o.s[factPerson]}] = true
		}
	}
	if k == lineKind {
		if err := linkOriginals(ctx, t, news, found); err != nil {
			return err
		}
		if err := linkReplacements(ctx, t, news, found); err != nil {
			return err
		}
	}
	return putLinks(ctx, t, found)
}

// linkOriginals ties rows to what they replace.
func linkOriginals(ctx context.Context, t *tx, news []sheetRow, found map[link]bool) error {
	wanted := map[string][]string{} // original -> persons that replace it
	for i := range news {
		if to := news[i].s[lineReplaces]; to != "" {
			wanted[to] = append(wanted[to], news[i].s[factPerson])
		}
	}
	return matchLines(ctx, t, news[0].s[factPartner], []string{"id", "claim"}, wanted, found)
}

// linkReplacements ties rows to those that replace them and came before.
func linkReplacements(ctx context.Context, t *tx, news []sheetRow, found map[link]bool) error {
	wanted := make(map[string][]string, len(news))
	for i := range news {
		person := news[i].s[factPerson]
		for _, name := range []string{news[i].s[lineID], news[i].s[lineClaim]} {
			if at := wanted[name]; name != "" && !slices.Contains(at, person) {
				wanted[name] = append(at, person)
			}
		}
	}
	return matchLines(ctx, t, news[0].s[factPartner], []string{"replaces"}, wanted, found)
}

// matchLines finds lines of the partner by one of the columns and ties their
// persons to the wanted ones.
func matchLines(ctx context.Context, t *tx, partner string, columns []string, wanted map[string][]string, found map[link]bool) error {
	values := make([]string, 0, len(wanted))
	for v := range wanted {
		values = append(values, v)
	}
	for _, column := range columns {
		err := eachOfPartner(t, partner, column, values, func(where string, args []any) error {
			rows, err := t.query(ctx, "select distinct "+column+", person from service_line where "+column+" <> '' and "+where, args...)
			if err != nil {
				return err
			}
			return eachRow(rows, func() error {
				var value, other string
				if err := rows.Scan(&value, &other); err != nil {
					return err
				}
				for _, person := range wanted[value] {
					found[link{person, other}] = true
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func putLinks(ctx context.Context, t *tx, found map[link]bool) error {
	var links []link
	for l := range found {
		if l.person != l.other {
			links = append(links, l, link{l.other, l.person})
		}
	}
	slices.SortFunc(links, func(a, b link) int { return strings.Compare(a.person+a.other, b.person+b.other) })
	for _, l := range slices.Compact(links) {
		t.put("insert into person_link (person, other) values ($1, $2) on conflict do nothing", l.person, l.other)
	}
	return t.flush(ctx)
}
