package store

import (
	"context"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/gateway"
)

// vitals are what a Patient resource says to tell children apart by.
type vitals struct {
	person, resource string
	birth            string   // as precise as it is
	given            []string // folded
}

// vitalsIn reads them off a Patient's JSON.
func vitalsIn(body []byte) (v vitals) {
	var p struct {
		BirthDate string `json:"birthDate"`
		Name      []struct {
			Given []string `json:"given"`
		} `json:"name"`
	}
	if json.Unmarshal(body, &p) != nil {
		return v // it was parsed before; nothing told is nothing to compare
	}
	v.birth = p.BirthDate
	for _, n := range p.Name {
		for _, g := range n.Given {
			v.given = append(v.given, strings.Fields(strings.ToLower(g))...)
		}
	}
	return v
}

func (v *vitals) empty() bool { return v.birth == "" && len(v.given) == 0 }

// clashes says that these cannot be one child: another birth date, or not one
// given name in common. A family name changes with adoption and custody and says
// nothing.
func (v *vitals) clashes(o *vitals) bool {
	if v.birth != "" && o.birth != "" && !strings.HasPrefix(v.birth, o.birth) && !strings.HasPrefix(o.birth, v.birth) {
		return true
	}
	return len(v.given) > 0 && len(o.given) > 0 && !v.sharesName(o)
}

// sharesName finds a given name in common, also a short form of it ("Alex" and
// "Alexander").
func (v *vitals) sharesName(o *vitals) bool {
	return slices.ContainsFunc(v.given, func(a string) bool {
		return slices.ContainsFunc(o.given, func(b string) bool {
			return a == b || min(len(a), len(b)) >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
		})
	})
}

// agrees says that something is the same and nothing clashes.
func (v *vitals) agrees(o *vitals) bool {
	return !v.clashes(o) && (v.birth != "" && o.birth != "" || v.sharesName(o))
}

// maxVitals bounds the Patients of one person that are compared.
const maxVitals = 50

// vitalsOf reads the vitals of the persons' Patients; those that tell nothing
// are left out.
func (s *Store) vitalsOf(ctx context.Context, t *tx, persons []string) ([]vitals, error) {
	var args []any
	rows, err := t.query(ctx, "select person, id, json from resource where type = 'Patient' and json is not null and person in ("+bindAll(&args, persons)+") order by seq desc limit "+bind(&args, maxVitals*len(persons)), args...)
	if err != nil {
		return nil, err
	}
	var out []vitals
	return out, eachRow(rows, func() error {
		var person, id string
		var body []byte
		if err := rows.Scan(&person, &id, &body); err != nil {
			return err
		}
		if v := vitalsIn(body); !v.empty() {
			v.person, v.resource = person, id
			out = append(out, v)
		}
		return nil
	})
}

// trusted says whether a scoped system names the same person for everyone.
func (s *Store) trusted(system string) bool {
	return system == s.Policy.MemberSystem || slices.Contains(s.Policy.TrustedSystems, system)
}

// conflictingIDs says whether two of the persons have different ids of one
// trusted system.
func (s *Store) conflictingIDs(ctx context.Context, t *tx, persons []string) (bool, error) {
	ids, err := s.idsOf(ctx, t, persons)
	if err != nil {
		return false, err
	}
	holder := map[string]string{} // trusted system -> first person that has an id of it
	for _, person := range persons {
		for _, id := range ids[person] {
			if first, ok := holder[id.System]; s.trusted(id.System) && ok && first != person {
				return true, nil
			}
			holder[id.System] = person
		}
	}
	return false, nil
}

// idsOf are the identifiers of persons, by person, sorted.
func (s *Store) idsOf(ctx context.Context, q queryer, persons []string) (map[string][]gateway.Identifier, error) {
	var args []any
	rows, err := q.query(ctx, "select person, system, value from patient_xref where person in ("+bindAll(&args, persons)+") order by system, value", args...)
	if err != nil {
		return nil, err
	}
	out := map[string][]gateway.Identifier{}
	return out, eachRow(rows, func() error {
		var person string
		var id gateway.Identifier
		err := rows.Scan(&person, &id.System, &id.Value)
		out[person] = append(out[person], id)
		return err
	})
}

// bySeniority orders persons: those with a trusted id first, then the older.
func (s *Store) bySeniority(ctx context.Context, t *tx, persons []string) ([]string, error) {
	ids, err := s.idsOf(ctx, t, persons)
	if err != nil {
		return nil, err
	}
	made := map[string]int64{}
	var args []any
	rows, err := t.query(ctx, "select id, created_at from person where id in ("+bindAll(&args, persons)+")", args...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var id string
		var at int64
		err := rows.Scan(&id, &at)
		made[id] = at
		return err
	})
	rank := func(p string) int64 {
		if slices.ContainsFunc(ids[p], func(id gateway.Identifier) bool { return s.trusted(id.System) }) {
			return 0
		}
		return 1
	}
	out := slices.Clone(persons)
	slices.SortFunc(out, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return int(d)
		}
		if made[a] != made[b] {
			return int(max(-1, min(1, made[a]-made[b])))
		}
		return strings.Compare(a, b)
	})
	return out, err
}

// toldApart says whether a human has told any two of the persons apart.
func (s *Store) toldApart(ctx context.Context, t *tx, persons []string) (bool, error) {
	var args []any
	list := bindAll(&args, persons)
	var n int
	err := t.row(ctx, "select count(*) from person_apart where person in ("+list+") and other in ("+list+")", args...).Scan(&n)
	return n > 0, err
}
