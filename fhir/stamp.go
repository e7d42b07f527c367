package fhir

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// instantForm writes an instant with milliseconds and zone.
const instantForm = "2006-01-02T15:04:05.000Z07:00"

// Stamp returns the resource as the store keeps it: with the id, meta.versionId
// and meta.lastUpdated given, and each reference replaced by what refs makes
// of it (nil leaves them). It splices bytes: all else stays exactly as sent,
// with its order, spacing and number forms. The receiver is not changed.
func (r *Resource) Stamp(id string, version int64, updated time.Time, refs func(value string) string) *Resource {
	root := r.Root()
	if root == nil {
		return nil
	}
	s := splicer{src: root.src.bytes, base: int(root.start)}
	s.rewrite(r, refs)
	s.identity(root, id)
	s.meta(root, version, updated)
	return &Resource{Type: r.Type, ID: id, JSON: s.apply(root)}
}

// Rewrite returns the resource with each reference replaced by what refs makes
// of it; all else stays exactly as it is.
func (r *Resource) Rewrite(refs func(value string) string) *Resource {
	root := r.Root()
	if root == nil {
		return r
	}
	s := splicer{src: root.src.bytes, base: int(root.start)}
	s.rewrite(r, refs)
	return &Resource{Type: r.Type, ID: r.ID, JSON: s.apply(root)}
}

// splicer gathers replacements of byte ranges of a document.
type splicer struct {
	src   []byte
	base  int
	edits []edit
}

// edit replaces src[start:end]; with start == end it inserts.
type edit struct {
	start, end int
	text       []byte
}

func (s *splicer) replace(n *Node, text []byte) {
	s.edits = append(s.edits, edit{int(n.start), int(n.end), text})
}

func (s *splicer) insert(at int, text []byte) {
	s.edits = append(s.edits, edit{at, at, text})
}

// rewrite replaces the references that refs changes.
func (s *splicer) rewrite(r *Resource, refs func(string) string) {
	if refs == nil {
		return
	}
	for _, ref := range r.references(false) {
		value := refs(ref.Value)
		if value == ref.Value {
			continue
		}
		text := appendString(nil, value)
		if ref.Link == LinkNarrative {
			text = text[1 : len(text)-1]
		}
		s.edits = append(s.edits, edit{s.base + ref.Start, s.base + ref.End, text})
	}
}

// identity sets id, which stands right after resourceType when it is new.
func (s *splicer) identity(root *Node, id string) {
	value := appendString(nil, id)
	if old := root.member("id"); old != nil {
		s.replace(old, value)
		return
	}
	s.insert(afterType(root), slices.Concat([]byte(`,"id":`), value))
}

// meta sets versionId and lastUpdated and leaves the other members alone.
func (s *splicer) meta(root *Node, version int64, updated time.Time) {
	id := appendString(nil, strconv.FormatInt(version, 10))
	at := appendString(nil, updated.Format(instantForm))
	meta := root.member("meta")
	if meta == nil || meta.kind != KindObject {
		whole := slices.Concat([]byte(`{"versionId":`), id, []byte(`,"lastUpdated":`), at, []byte(`}`))
		if meta != nil {
			s.replace(meta, whole)
			return
		}
		s.insert(afterID(root), slices.Concat([]byte(`,"meta":`), whole))
		return
	}
	var added []byte
	for _, m := range []struct {
		name  string
		value []byte
	}{{"versionId", id}, {"lastUpdated", at}} {
		if old := meta.member(m.name); old != nil {
			s.replace(old, m.value)
			continue
		}
		added = append(append(append(append(added, '"'), m.name...), `":`...), m.value...)
		added = append(added, ',')
	}
	if len(added) > 0 {
		if meta.count == 0 {
			added = added[:len(added)-1]
		}
		s.insert(int(meta.start)+1, added)
	}
}

// afterType is where a member can be inserted after resourceType.
func afterType(root *Node) int { return int(root.member("resourceType").end) }

// afterID is where a member can be inserted after id.
func afterID(root *Node) int {
	if id := root.member("id"); id != nil {
		return int(id.end)
	}
	return afterType(root)
}

// apply builds the new text of root.
func (s *splicer) apply(root *Node) []byte {
	slices.SortStableFunc(s.edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	size := int(root.end - root.start)
	for _, e := range s.edits {
		size += len(e.text) - (e.end - e.start)
	}
	out := make([]byte, 0, size)
	at := int(root.start)
	for _, e := range s.edits {
		out = append(append(out, s.src[at:e.start]...), e.text...)
		at = e.end
	}
	return append(out, s.src[at:root.end]...)
}
