package needles_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/internal/needles"
)

func TestIn(t *testing.T) {
	n, short := needles.New([]string{"M1234", "L-99", "M1"})
	if short != 1 {
		t.Errorf("%d too short", short)
	}
	for hay, want := range map[string]bool{`{"id":"M1234"}`: true, "M12345": false, "xM1234": false, "M1234": true, "": false, "M1": false, "a L-99, b": true, "M123": false} {
		if got := n.In([]byte(hay)); got != want {
			t.Errorf("%q: %t", hay, got)
		}
	}
	if (needles.Needles{}).In([]byte("anything")) {
		t.Error("nothing was found")
	}
}

// The same answer as a regular expression gives.
func TestInLikeARegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`[ab-]{4,6}`), 1, 4).Draw(t, "texts")
		hay := rapid.StringMatching(`[ab -]{0,40}`).Draw(t, "hay")
		var want bool
		for _, text := range texts {
			for _, at := range regexp.MustCompile(regexp.QuoteMeta(text)).FindAllStringIndex(" "+hay+" ", -1) {
				want = want || !strings.ContainsAny((" " + hay + " ")[at[0]-1:at[0]], "ab") && !strings.ContainsAny((" " + hay + " ")[at[1]:at[1]+1], "ab")
			}
			for i := range hay { // overlapping ones too
				if strings.HasPrefix(hay[i:], text) && (i == 0 || !strings.ContainsAny(hay[i-1:i], "ab")) && (i+len(text) == len(hay) || !strings.ContainsAny(hay[i+len(text):i+len(text)+1], "ab")) {
					want = true
				}
			}
		}
		if n, _ := needles.New(texts); n.In([]byte(hay)) != want {
			t.Fatalf("%q in %q: want %t", texts, hay, want)
		}
	})
}
