package store

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/throughline/throughline/gateway"
)

// ImportBatch is one file of ledger rows on its way in through the bulk door.
type ImportBatch struct {
	Partner gateway.PartnerID
	Kind    string // enrollment, authorization, service
	Origin  string // name of the file
	SHA256  string // of the file and of the format it is read with: the key of the import
	// Next reads on; it gives io.EOF after the last chunk. The chunk is good
	// until the next call.
	Next func() (ImportChunk, error)
}

// ImportChunk is what one transaction takes.
type ImportChunk struct {
	Facts gateway.Facts
	Taken int64 // rows of the file read so far, good and bad
	Bad   int64 // bad rows so far
}

// Imported says what became of a file.
type Imported struct {
	Rows      int64 `json:"rows"`
	Added     int64 `json:"added"`
	Unchanged int64 `json:"unchanged"`
	Bad       int64 `json:"bad"`
	Repeat    bool  `json:"repeat"`  // the file had been imported before; nothing was done
	Resumed   int64 `json:"resumed"` // rows that an earlier, interrupted import had taken
}

// Import takes a file in, some thousand rows in a transaction. A file that was
// imported before changes nothing; one that was interrupted goes on where it
// stopped. Rows that the ledger knows add nothing.
func (s *Store) Import(ctx context.Context, b ImportBatch) (*Imported, error) {
	im := &importing{s: s, b: b, caller: s.Policy.Caller(b.Partner), people: newPeopleCache()}
	if repeat, err := im.begin(ctx); repeat || err != nil {
		return &im.done, err
	}
	for {
		c, err := b.Next()
		if errors.Is(err, io.EOF) {
			return &im.done, im.finish(ctx, c)
		}
		if err != nil {
			return &im.done, err
		}
		if c.Taken <= im.done.Resumed {
			continue
		}
		if err := im.take(ctx, c); err != nil {
			return &im.done, err
		}
	}
}

// importing is one file on its way.
type importing struct {
	s      *Store
	b      ImportBatch
	caller gateway.Caller
	people *peopleCache
	moves  int64 // persons that had become others when people was begun
	done   Imported
}

// begin finds out whether and how far the file was imported before.
func (im *importing) begin(ctx context.Context) (repeat bool, err error) {
	d := &im.done
	err = im.s.reading().row(ctx, "select taken, added, unchanged, bad, done from import_file where partner = $1 and kind = $2 and sha256 = $3",
		string(im.b.Partner), im.b.Kind, im.b.SHA256).Scan(&d.Rows, &d.Added, &d.Unchanged, &d.Bad, &d.Repeat)
	if noRows(err) {
		return false, nil
	}
	if !d.Repeat {
		d.Resumed = d.Rows
	}
	return d.Repeat, err
}

// take is the transaction of one chunk: people, rows, relations and how far the
// file has come.
func (im *importing) take(ctx context.Context, c ImportChunk) error {
	var next Imported
	var met map[gateway.Identifier]met
	err := im.s.inTx(ctx, func(t *tx) (err error) {
		next = im.done
		lockAllFacts(t, string(im.b.Partner))
		if met, err = im.resolve(ctx, t, c.Facts); err != nil {
			return err
		}
		added, offered, err := im.put(ctx, t, c.Facts, met)
		if err != nil {
			return err
		}
		next.Rows, next.Bad = c.Taken, c.Bad
		next.Added += int64(added)
		next.Unchanged += int64(offered - added)
		im.progress(t, next, 0)
		return nil
	})
	if err == nil {
		im.done = next
		im.people.keep(met)
	}
	return err
}

// put appends the rows and relates their children to whom they name.
func (im *importing) put(ctx context.Context, t *tx, f gateway.Facts, people map[gateway.Identifier]met) (added, offered int, err error) {
	persons := make(map[gateway.Identifier]string, len(people))
	known, fresh := map[string]bool{}, map[string]bool{}
	for id, m := range people {
		persons[id], known[m.person], fresh[m.person] = m.person, m.known, m.fresh
	}
	batch, err := im.s.factRows(im.b.Partner, persons, f)
	if err != nil {
		return 0, 0, err
	}
	if err := complete(ctx, t, &batch); err != nil {
		return 0, 0, err
	}
	for i, rows := range batch {
		offered += len(rows)
		news, err := im.s.putVersions(ctx, t, factKinds[i], rows, fresh)
		if err != nil {
			return 0, 0, err
		}
		added += len(news)
		im.relate(t, factKinds[i], news, known)
	}
	return added, offered, nil
}

// progress records how far the file has come, in the chunk's own transaction.
// seq is the number under which the whole file is known, 0 while it is not.
func (im *importing) progress(t *tx, n Imported, seq int64) {
	t.put(`insert into import_file (partner, kind, sha256, taken, added, unchanged, bad, done, known) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (partner, kind, sha256) do update set taken = excluded.taken, added = excluded.added, unchanged = excluded.unchanged,
		bad = excluded.bad, done = excluded.done, known = excluded.known`,
		string(im.b.Partner), im.b.Kind, im.b.SHA256, n.Rows, n.Added, n.Unchanged, n.Bad, asInt(seq > 0), seq)
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// finish records the file as a message of the partner, with the counts as its
// answer.
func (im *importing) finish(ctx context.Context, last ImportChunk) error {
	im.done.Rows, im.done.Bad = max(im.done.Rows, last.Taken), max(im.done.Bad, last.Bad)
	answer, err := json.Marshal(im.done)
	if err != nil {
		return err
	}
	return im.s.inTx(ctx, func(t *tx) error {
		seq, err := im.s.dialect.nextSeq(ctx, t, 1)
		if err != nil {
			return err
		}
		im.progress(t, im.done, seq)
		id := newID(randomBucket())
		t.put(`insert into inbox (id, partner, channel, msg_key, kind, sha256, body, ask, origin, state, generation, mapping, fault, issues,
				answer_status, answer_head, answer_body, answer_effect, received_at, seq, routed)
			values ($1, $2, 'import', $3, $4, $5, $6, 'null', $7, $8, 0, 'load', 'null', 'null', 200, '{}', $9, 0, $10, $11, 1) on conflict do nothing`,
			id, string(im.b.Partner), im.b.Kind+"/"+im.b.SHA256, "csv/"+im.b.Kind, im.b.SHA256, []byte{}, im.b.Origin, string(gateway.Accepted), answer, im.s.micros(), seq)
		return nil
	})
}
