package store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// row is the current version of a resource as the table holds it.
type row struct {
	version int64
	person  string
	source  string
	verb    gateway.Verb
	updated int64
	json    []byte
}

func (r *row) deleted() bool { return r.verb == gateway.Deleted }

// targets finds or makes the id of every change and reads what is current.
func (a *applying) targets(ctx context.Context) error {
	taken := map[fhir.Ref]int{}
	for i := range a.plans {
		p := &a.plans[i]
		if err := a.target(ctx, p); err != nil {
			return err
		}
		ref := fhir.NewRef(p.Type, p.id)
		if first, ok := taken[ref]; ok {
			if p.Op != gateway.Ensure && !p.skip {
				return twice(i, first, p.Type)
			}
			p.skip, p.old = true, nil
		} else {
			taken[ref] = i
		}
		a.name(p, ref)
	}
	return nil
}

func twice(i, first int, typ string) error {
	return gateway.Faultf("commit", gateway.Invalid, fhir.Issue{Code: "duplicate", Path: fmt.Sprintf("Bundle.entry[%d]", i),
		Found: fmt.Sprintf("the same %s as in entry %d", typ, first), Allowed: "each resource once in a transaction", Fix: "send one of them"})
}

// name lets other changes of the message refer to this one.
func (a *applying) name(p *planned, ref fhir.Ref) {
	for _, url := range []string{p.FullURL, p.SourceID, ownRef(p.Change)} {
		if url != "" {
			a.urls[url] = ref
		}
	}
}

func (a *applying) target(ctx context.Context, p *planned) error {
	switch p.Op {
	case gateway.Create:
		return a.targetCreate(ctx, p)
	case gateway.Update, gateway.Delete:
		return a.targetExisting(ctx, p)
	case gateway.Patch:
		return a.targetPatch(ctx, p)
	default:
		return a.targetKey(ctx, p)
	}
}

// targetCreate is a new id, unless If-None-Exist finds one.
func (a *applying) targetCreate(ctx context.Context, p *planned) error {
	if p.Where == nil {
		p.id = newID(p.bucket())
		return nil
	}
	ids, err := a.match(ctx, p)
	switch {
	case err != nil:
		return err
	case len(ids) > 1:
		return mismatch(p.Type, "several resources that fit If-None-Exist", "narrow the criteria to one")
	case len(ids) == 1:
		p.id, p.skip = ids[0], true
		p.old, err = a.current(ctx, p.Type, p.id)
		return err
	}
	p.id = newID(p.bucket())
	return nil
}

// bucket is the member bucket the resource lives in.
func (p *planned) bucket() int {
	if p.person != "" {
		return bucketOf(p.person)
	}
	return randomBucket()
}

// targetExisting is the resource an update or delete names, by id or criteria.
func (a *applying) targetExisting(ctx context.Context, p *planned) error {
	old, err := a.named(ctx, p)
	switch {
	case err != nil:
		return err
	case old != nil:
		return a.allow(p, old)
	case p.Where == nil:
		return a.targetOwn(ctx, p)
	case p.Op == gateway.Delete:
		p.skip = true
		return nil
	}
	p.id = newID(p.bucket())
	return nil
}

// named finds what an ID or criteria name and sets its id; nil when nothing is
// there, or nothing fits.
func (a *applying) named(ctx context.Context, p *planned) (*row, error) {
	if p.id = p.ID; p.Where != nil {
		ids, err := a.match(ctx, p)
		switch {
		case err != nil || len(ids) == 0:
			return nil, err
		case len(ids) > 1:
			return nil, mismatch(p.Type, "several resources that fit the criteria", "narrow the criteria to one")
		}
		p.id = ids[0]
	}
	return a.current(ctx, p.Type, p.id)
}

// targetOwn is the resource that the sender knows by this id. An id that is
// nobody's, or another's, is the sender's own name for a new resource: other and
// absent look the same.
func (a *applying) targetOwn(ctx context.Context, p *planned) error {
	name := p.Type + "/" + p.ID
	id, err := a.s.sourceRef(ctx, a.t, a.caller.Partner, name)
	if err != nil {
		return err
	}
	if id != "" {
		p.id = id
		old, err := a.current(ctx, p.Type, id)
		if err != nil || old == nil {
			return cmp.Or(err, notFound(p.Type))
		}
		return a.allow(p, old)
	}
	switch {
	case p.Where != nil, p.Op == gateway.Delete:
		return notFound(p.Type)
	case p.IfMatch != 0:
		return mismatch(p.Type, "If-Match on a resource that is not there", "create it without If-Match")
	}
	p.SourceID = name
	p.Key = gateway.Identifier{System: "own|" + string(a.caller.Partner), Value: clip(name)}
	return a.targetKey(ctx, p)
}

// allow checks who may write and which version was expected.
func (a *applying) allow(p *planned, old *row) error {
	if p.old = old; p.IfMatch != 0 && p.IfMatch != old.version {
		return mismatch(p.Type, fmt.Sprintf("If-Match version %d, current is %d", p.IfMatch, old.version), "read the resource again and decide")
	}
	if old.source != string(a.caller.Partner) && p.Type != "Task" {
		return gateway.Faultf("commit", gateway.Denied, fhir.Issue{Code: "forbidden", Path: p.Type, Found: "a " + p.Type + " that another organization sent",
			Allowed: "changes by its sender (a Task also by who works on it)", Fix: "send your own resource, or ask its sender"})
	}
	p.skip = p.Op == gateway.Delete && old.deleted()
	if p.person == "" {
		p.person = old.person
	}
	return a.referralMove(p)
}

// referralMove holds the states of a referral's Task together: who may set what,
// and nothing that has ended opens again (gateway.TaskMove). What is fetched or
// reported is a snapshot, which may have missed steps.
func (a *applying) referralMove(p *planned) error {
	if p.Type != "Task" || p.Resource == nil || p.skip || p.old == nil || p.old.deleted() {
		return nil
	}
	old := &fhir.Resource{Type: p.Type, ID: p.id, JSON: p.old.json}
	if !gateway.IsReferral(old) {
		return nil
	}
	m := a.r.Message
	snapshot := m.Ask == nil || m.Channel != "fhir"
	sides := gateway.TaskSides(old, a.caller, p.old.source == string(a.caller.Partner))
	return gateway.TaskMove(old.Get("status").Text(), p.Resource.Get("status").Text(), sides, snapshot)
}

// targetKey is the resource of a business key; its identity row is the lock.
func (a *applying) targetKey(ctx context.Context, p *planned) error {
	if stands, err := a.stands(ctx, p); err != nil || stands {
		return err
	}
	ref, err := a.identity(ctx, p.Type, p.Key)
	if err != nil {
		return err
	}
	named := ref != ""
	if ref, err = a.unlessApart(ctx, p, ref); err != nil {
		return err
	}
	var unnamed []gateway.Identifier
	for _, alias := range p.Alias {
		other, err := a.identity(ctx, p.Type, alias)
		if err != nil {
			return err
		}
		if other == "" {
			unnamed = append(unnamed, alias)
		}
		if other, err = a.unlessApart(ctx, p, other); err != nil {
			return err
		}
		ref = cmp.Or(ref, other)
	}
	p.id = cmp.Or(ref, newID(p.bucket()))
	if !named {
		unnamed = append(unnamed, p.Key)
	}
	for _, key := range unnamed {
		a.t.put("update identity set resource = $4 where type = $1 and system = $2 and value = $3", p.Type, key.System, key.Value, p.id)
	}
	if ref == "" {
		return nil
	}
	if p.old, err = a.currentOf(ctx, p.Type, p.id, "1 = 1", nil); err != nil {
		return err
	}
	p.skip = p.Op == gateway.Ensure && p.old != nil && !p.old.deleted()
	if p.person == "" && p.old != nil {
		p.person = p.old.person
	}
	return a.referralMove(p)
}

// stands says whether an entry of the directory is there already and says the same,
// or need only be there. It takes no lock: every message of a clinic names the clinic
// itself, and would wait for the commit of the one before it.
func (a *applying) stands(ctx context.Context, p *planned) (bool, error) {
	if !search.Directory(p.Type) || p.person != "" || len(p.Alias) > 0 || p.Op != gateway.Ensure && (p.Op != gateway.Upsert || len(p.Resource.References()) > 0) {
		return false, nil
	}
	var r row
	err := a.t.row(ctx, `select r.id, r.version, r.person, r.source, r.verb, r.updated_at, r.json from identity i join resource r on r.type = i.type and r.id = i.resource
		where i.type = $1 and i.system = $2 and i.value = $3 and r.json is not null`, p.Type, p.Key.System, p.Key.Value).
		Scan(&p.id, &r.version, &r.person, &r.source, &r.verb, &r.updated, &r.json)
	if noRows(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p.old = &r
	if p.skip = p.Op == gateway.Ensure || a.same(p); !p.skip {
		p.id, p.old = "", nil
	}
	return p.skip, nil
}

// unlessApart is the resource that a key names, "" when it is the Patient of a
// child whom a human told apart from this one.
func (a *applying) unlessApart(ctx context.Context, p *planned, ref string) (string, error) {
	if p.Type != "Patient" || ref == "" || len(a.set) == 0 {
		return ref, nil
	}
	old, err := a.currentOf(ctx, p.Type, ref, "1 = 1", nil)
	if err != nil || old != nil && old.person != p.person {
		return "", err
	}
	return ref, nil
}

// identity locks a key and reads which resource it names; "" for none yet.
func (a *applying) identity(ctx context.Context, typ string, key gateway.Identifier) (id string, err error) {
	err = a.t.row(ctx, `insert into identity (type, system, value, resource) values ($1, $2, $3, '')
		on conflict (type, system, value) do update set value = excluded.value returning resource`, typ, key.System, key.Value).Scan(&id)
	return id, err
}

// match runs conditional criteria under a lock of their own, so that parallel
// requests with the same criteria go one after the other.
func (a *applying) match(ctx context.Context, p *planned) ([]string, error) {
	key := p.Where.Values().Encode()
	err := a.t.exec(ctx, `insert into identity (type, system, value, resource) values ($1, $2, $3, '')
		on conflict (type, system, value) do update set value = excluded.value`, p.Type, "criteria|"+string(a.caller.Partner), clip(key))
	if err != nil {
		return nil, err
	}
	return a.s.matchIn(ctx, a.t, a.caller, p.Where)
}

func (s *Store) matchIn(ctx context.Context, t *tx, c gateway.Caller, q *search.Query) ([]string, error) {
	var args []any
	where, err := s.conditions(ctx, t, c, q, &args)
	if err != nil {
		return nil, err
	}
	rows, err := t.query(ctx, "select r.id from resource r where "+where+" limit 2", args...)
	if err != nil {
		return nil, err
	}
	var ids []string
	err = eachRow(rows, func() error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
		return nil
	})
	return ids, err
}

// current reads and locks the current version of a resource the sender may see;
// nil when there is none.
func (a *applying) current(ctx context.Context, typ, id string) (*row, error) {
	args := []any{typ, id}
	return a.currentOf(ctx, typ, id, visible(a.caller, "r", &args), args)
}

func (a *applying) currentOf(ctx context.Context, typ, id, condition string, args []any) (*row, error) {
	if args == nil {
		args = []any{typ, id}
	}
	var r row
	err := a.t.row(ctx, "select version, person, source, verb, updated_at, json from resource r where r.type = $1 and r.id = $2 and "+condition+a.s.dialect.forUpdate(), args...).
		Scan(&r.version, &r.person, &r.source, &r.verb, &r.updated, &r.json)
	if noRows(err) {
		return nil, nil
	}
	return &r, err
}
