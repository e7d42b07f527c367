package files

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Looks at a folder are told once a minute; files and failures at once.
func TestPickupTellsOfItsLooks(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var told []gateway.FeedLook
	p := &Pickup{Now: func() time.Time { return now }, Looked: func(_ context.Context, l gateway.FeedLook) { told = append(told, l) }}
	for _, step := range []struct {
		after time.Duration
		took  int64
		err   error
		told  int
		found int64
		fault bool
	}{
		{0, 0, nil, 1, 0, false}, {10 * time.Second, 0, nil, 1, 0, false}, {10 * time.Second, 2, nil, 2, 2, false}, {10 * time.Second, 0, errors.New("no route"), 3, 2, true},
		{10 * time.Second, 0, errors.New("no route"), 3, 2, true}, {time.Minute, 0, errors.New("no route"), 4, 2, true}, {time.Second, 0, nil, 5, 2, false},
	} {
		now = now.Add(step.after)
		p.took += step.took
		p.told(t.Context(), step.err)
		if last := told[len(told)-1]; len(told) != step.told || last.Found != step.found || (last.Fault != "") != step.fault {
			t.Errorf("%+v: told %d times, last %+v", step, len(told), last)
		}
	}
}
