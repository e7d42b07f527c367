package store

import (
	"context"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Remotes says what a partner calls resources of ours, as far as its deliveries
// taught us.
func (s *Store) Remotes(ctx context.Context, p gateway.PartnerID, refs []fhir.Ref) (map[fhir.Ref]gateway.Remote, error) {
	return s.remotesBy(ctx, "resource", p, refs, func(r gateway.Remote) fhir.Ref { return r.Ours })
}

// RemotesOf is Remotes the other way round: by what the partner calls them.
func (s *Store) RemotesOf(ctx context.Context, p gateway.PartnerID, theirs []fhir.Ref) (map[fhir.Ref]gateway.Remote, error) {
	return s.remotesBy(ctx, "remote", p, theirs, func(r gateway.Remote) fhir.Ref { return r.Theirs })
}

// Sending names the deliveries to a partner that are under way, by their leases:
// what they teach is kept when they are settled.
func (s *Store) Sending(ctx context.Context, p gateway.PartnerID) (out []string, err error) {
	rows, err := s.reading().query(ctx, "select holder from lane where partner = $1 and holder <> '' and lease_until > $2", string(p), s.micros())
	if err != nil {
		return nil, s.worded(err)
	}
	err = eachRow(rows, func() error {
		var lease string
		err := rows.Scan(&lease)
		out = append(out, lease)
		return err
	})
	return out, s.worded(err)
}

func (s *Store) remotesBy(ctx context.Context, column string, p gateway.PartnerID, refs []fhir.Ref, key func(gateway.Remote) fhir.Ref) (map[fhir.Ref]gateway.Remote, error) {
	out := map[fhir.Ref]gateway.Remote{}
	for len(refs) > 0 {
		n := min(len(refs), xrefChunk)
		args := []any{string(p)}
		rows, err := s.read.QueryContext(ctx, `select resource, remote, version, sent, merged, settled from remote_ref
			where partner = $1 and `+column+" in ("+bindAll(&args, texts(refs[:n]))+")", args...)
		if err != nil {
			return nil, err
		}
		err = eachRow(rows, func() error {
			var r gateway.Remote
			err := rows.Scan(&r.Ours, &r.Theirs, &r.Version, &r.Sent, &r.Merged, &r.Settled)
			out[key(r)] = r
			return err
		})
		if err != nil {
			return nil, err
		}
		refs = refs[n:]
	}
	return out, nil
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// Version reads one version of a resource as it is kept, for the merge of what
// two sides changed; nil when there is none or it is a deletion. It asks for no
// rights: what comes of it goes only where the version itself went before.
func (s *Store) Version(ctx context.Context, ref fhir.Ref, version int64) (*fhir.Resource, error) {
	var text []byte
	err := s.reading().row(ctx, `select json from resource where type = $1 and id = $2 and version = $3
		union all select json from resource_history where type = $1 and id = $2 and version = $3`, ref.Type(), ref.ID(), version).Scan(&text)
	if noRows(err) || err == nil && text == nil {
		return nil, nil
	}
	if err != nil {
		return nil, s.worded(err)
	}
	return &fhir.Resource{Type: ref.Type(), ID: ref.ID(), JSON: text}, nil
}

// learn keeps what an attempt found out, in its transaction. A name of the
// partner's own is remembered as one of its ids, so that what it sends later
// under that name is known.
func (s *Store) learn(t *tx, d *gateway.Delivery, l gateway.Learned) {
	for _, r := range l.Remotes {
		s.putRemote(t, d.Lane.Partner, r)
	}
	for _, c := range l.Clashes {
		t.put(`insert into delivery_conflict (delivery, resource, partner, remote, version, sent, tried, elements, content, state, found_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10)
			on conflict (delivery, resource) do update set remote = excluded.remote, version = excluded.version, sent = excluded.sent, tried = excluded.tried,
			elements = excluded.elements, content = excluded.content, state = 'open', found_at = excluded.found_at, decided_at = 0`,
			string(d.ID), string(c.Ours), string(d.Lane.Partner), string(c.Theirs), c.Version, c.Sent, c.Tried, strings.Join(c.Elements, " "), c.Content, s.micros())
	}
}

func (s *Store) putRemote(t *tx, p gateway.PartnerID, r gateway.Remote) {
	merged := 0
	if r.Merged {
		merged = 1
	}
	t.put(`insert into remote_ref (partner, resource, remote, version, sent, merged, settled) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (partner, resource) do update set remote = excluded.remote, version = excluded.version, sent = excluded.sent,
		merged = excluded.merged, settled = excluded.settled`,
		string(p), string(r.Ours), string(r.Theirs), r.Version, r.Sent, merged, r.Settled)
	if r.Ours != r.Theirs {
		t.put(`insert into source_ref (partner, ref, resource) values ($1, $2, $3)
			on conflict (partner, ref) do update set resource = excluded.resource`, string(p), string(r.Theirs), string(r.Ours))
	}
}
