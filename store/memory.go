package store

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Memory does in one process what Redis does for several: it remembers keys,
// counts requests and passes hints. Nothing depends on it being right.
type Memory struct {
	Now func() time.Time
	TTL time.Duration // how long a key is remembered; 0 = 7 days

	mu        sync.Mutex
	hot, cold map[[32]byte]remembered
	windows   map[gateway.PartnerID]*window
	listeners map[chan string]bool
}

type remembered struct {
	id    gateway.MessageID
	until time.Time
}

// maxRemembered bounds one of the two generations of remembered keys.
const maxRemembered = 1 << 16

// NewMemory makes an empty one.
func NewMemory() *Memory {
	return &Memory{Now: time.Now, hot: map[[32]byte]remembered{}, windows: map[gateway.PartnerID]*window{}, listeners: map[chan string]bool{}}
}

// Recall says under which message a key was accepted, if that is still known.
func (m *Memory) Recall(_ context.Context, p gateway.PartnerID, key string) (gateway.MessageID, bool) {
	sum := sha256.Sum256([]byte(string(p) + "\x00" + key))
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.hot[sum]
	if !ok {
		r, ok = m.cold[sum]
	}
	if !ok || !m.Now().Before(r.until) {
		return "", false
	}
	return r.id, true
}

// Remember notes that a key was accepted: call it after the commit.
func (m *Memory) Remember(_ context.Context, p gateway.PartnerID, key string, id gateway.MessageID) {
	sum := sha256.Sum256([]byte(string(p) + "\x00" + key))
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.hot) >= maxRemembered {
		m.hot, m.cold = map[[32]byte]remembered{}, m.hot
	}
	m.hot[sum] = remembered{id, m.Now().Add(keyTTL(m.TTL))}
}

func keyTTL(ttl time.Duration) time.Duration {
	if ttl <= 0 {
		return 7 * 24 * time.Hour
	}
	return ttl
}

// window counts the requests of this minute and the one before it.
type window struct {
	minute    int64
	cur, prev int
}

// Allow counts a request of a partner; when it is over its rate, retry says
// when to come again.
func (m *Memory) Allow(_ context.Context, p gateway.PartnerID, perMinute int) (ok bool, retry time.Duration) {
	now := m.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.windows[p]
	if w == nil {
		w = &window{}
		m.windows[p] = w
	}
	switch minute := now.Unix() / 60; minute {
	case w.minute:
	case w.minute + 1:
		w.minute, w.prev, w.cur = minute, w.cur, 0
	default:
		w.minute, w.prev, w.cur = minute, 0, 0
	}
	if retry = overRate(now, w.cur, w.prev, perMinute); retry > 0 {
		return false, retry
	}
	w.cur++
	return true, 0
}

// overRate is the sliding minute: the part of the minute before that still
// counts, and this one. It returns how long to wait, 0 when there is room.
func overRate(now time.Time, cur, prev, perMinute int) time.Duration {
	minute := now.Truncate(time.Minute)
	passed := now.Sub(minute)
	part := 1 - float64(passed)/float64(time.Minute)
	if float64(prev)*part+float64(cur)+1 <= float64(perMinute) {
		return 0
	}
	room := perMinute - 1 - cur
	if room < 0 || prev == 0 { // only the next minute helps
		return max(minute.Add(time.Minute).Sub(now), time.Second)
	}
	at := time.Duration((1 - float64(room)/float64(prev)) * float64(time.Minute))
	return max(at-passed, time.Second)
}

// Wake passes a hint to all listeners of this process. One that is too slow
// misses it; its sweeper finds the work.
func (m *Memory) Wake(_ context.Context, topic string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.listeners {
		select {
		case c <- topic:
		default:
		}
	}
}

// Listen gives the topics woken from now on, until ctx ends.
func (m *Memory) Listen(ctx context.Context) <-chan string {
	c := make(chan string, 256)
	m.mu.Lock()
	m.listeners[c] = true
	m.mu.Unlock()
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.listeners, c)
		close(c)
	})
	return c
}
