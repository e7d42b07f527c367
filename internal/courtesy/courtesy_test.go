package courtesy_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/throughline/throughline/internal/courtesy"
)

func TestYield(t *testing.T) {
	rest := func(d *courtesy.Desk) time.Duration {
		from := time.Now()
		d.Yield()
		return time.Since(from)
	}
	t.Run("a free desk costs nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var d courtesy.Desk
			d.Enter()()
			if got := rest(&d); got != 0 {
				t.Errorf("rested %v", got)
			}
		})
	})
	t.Run("a busy one for ever costs half of the time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var d courtesy.Desk
			defer d.Enter()()
			d.Yield()
			const work = 700 * time.Microsecond
			for range 10 {
				time.Sleep(work)
				if got := rest(&d); got != work {
					t.Errorf("worked %v, rested %v", work, got)
				}
			}
			time.Sleep(time.Hour)
			if got := rest(&d); got != 5*time.Millisecond {
				t.Errorf("rested %v after an hour", got)
			}
		})
	})
	t.Run("work goes on when the desk is free", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var d courtesy.Desk
			leave := d.Enter()
			time.AfterFunc(1950*time.Microsecond, leave)
			if got := rest(&d); got != 2*time.Millisecond {
				t.Errorf("rested %v, the request took a little less than 2 ms", got)
			}
		})
	})
}

func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d courtesy.Desk
		before := d.Busy()
		leave := d.Enter()
		time.Sleep(time.Hour)
		during := d.Busy()
		leave()
		long := d.Busy()
		d.Enter()()
		after := d.Busy()
		time.Sleep(time.Second)
		if got := []bool{before, during, long, after, d.Busy()}; !slices.Equal(got, []bool{false, true, false, true, false}) {
			t.Error(got)
		}
	})
}
