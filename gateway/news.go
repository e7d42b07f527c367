package gateway

import (
	"fmt"
	"strings"
	"time"
)

// News says whether an authorization shows something else than it did: what
// stands on an item, an error, what the payer wants to know, more time that it
// takes. The same word again, decided at another time, is none: it is kept, so
// that any order of arrival ends alike, and nobody is told.
func News(was, next *Authorization) bool { return was.shown() != next.shown() }

// shown is the payer's word in force as text that is equal when it says the same.
func (a *Authorization) shown() string {
	var b strings.Builder
	for _, items := range [][]AuthItem{a.Items, a.Added} {
		for i := range items {
			fmt.Fprintf(&b, "%d\x00%d\x00", items[i].Sequence, items[i].Revision)
			if s := items[i].Standing(); s != nil {
				fmt.Fprintf(&b, "%s\x00%t", s.content(), s.Reviewed)
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintln(&b, a.Errors())
	for _, ask := range a.Open() {
		fmt.Fprintln(&b, ask.Type, ask.Doc)
	}
	if e := a.Latest().Extended; e != nil {
		fmt.Fprintln(&b, e.Days, e.Reason)
	}
	return b.String()
}

// since is when what is shown came to stand: the time of the newest submission
// or of the payer's word that changed it.
func (a *Authorization) since() time.Time {
	at := a.Created
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	for i := range a.Revisions {
		r := &a.Revisions[i]
		later(r.At)
		later(r.ErrorAt)
		if r.Extended != nil {
			later(r.Extended.At)
		}
	}
	for _, items := range [][]AuthItem{a.Items, a.Added} {
		for i := range items {
			later(items[i].since())
		}
	}
	for i := range a.Asks {
		later(a.Asks[i].At)
	}
	return at
}

// since is when the answer in force was first given, however often it was said
// again after that.
func (i *AuthItem) since() (at time.Time) {
	s := i.Standing()
	for n := len(i.Answers) - 1; s != nil && n >= 0 && i.Answers[n].Revision >= i.Revision && i.Answers[n].content() == s.content(); n-- {
		at = i.Answers[n].At
	}
	return at
}
