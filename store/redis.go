package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"

	"github.com/throughline/throughline/gateway"
)

// Redis saves work and never decides (protocol.md R3): it remembers under which
// message a key was accepted, counts requests, and passes hints between
// instances. Every answer of it may be missing, late or wrong; then the primary
// key, the process's own counters and the sweepers do the work. Its methods
// return no errors because nothing depends on them.
type Redis struct {
	client  redis.UniversalClient
	breaker *gobreaker.CircuitBreaker[struct{}]
	secret  []byte
	ttl     time.Duration
	self    string  // name of this process among the publishers
	local   *Memory // hints inside this process, and rates while Redis is away
}

// RedisOptions are the settings of the hints.
type RedisOptions struct {
	Secret []byte        // key of the HMAC over keys; the same in all instances, persisted
	TTL    time.Duration // how long a key is remembered; 0 = 7 days
}

// redisPatience is how long one call may take; redisRest how long Redis is left
// alone after redisTrips failures in a row.
const (
	redisPatience = 50 * time.Millisecond
	redisRest     = 2 * time.Second
	redisTrips    = 3
	redisChannel  = "throughline:hints"
)

// OpenRedis makes a client of a URL: redis:// or rediss:// for one server,
// redis+sentinel://host,host/master for Sentinel, redis+cluster://host,host
// for Cluster. It does not connect: Redis may be away at start.
func OpenRedis(rawURL string, o RedisOptions) (*Redis, error) {
	if len(o.Secret) < 16 {
		return nil, errors.New("redis: the secret for keys needs 16 bytes or more")
	}
	opts, err := redisURL(rawURL)
	if err != nil {
		return nil, err
	}
	silence()
	opts.MaxRetries = -1 // the primary-key read is faster than a second try
	opts.DialerRetries = 1
	opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout = redisPatience, redisPatience, redisPatience
	opts.PoolTimeout = redisPatience
	opts.ContextTimeoutEnabled = true
	r := &Redis{client: redis.NewUniversalClient(opts), secret: o.Secret, ttl: keyTTL(o.TTL), self: rand.Text(), local: NewMemory()}
	r.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: "redis", MaxRequests: 1, Timeout: redisRest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= redisTrips },
		IsExcluded:  func(err error) bool { return errors.Is(err, errCallerLeft) },
	})
	return r, nil
}

// silence keeps go-redis from writing to stderr by itself: that Redis is away,
// the breaker's state says.
var silence = sync.OnceFunc(func() { redis.SetLogger(noLog{}) })

type noLog struct{}

// Printf drops the line.
func (noLog) Printf(context.Context, string, ...any) {}

// redisURL never repeats the URL in an error: it may hold a password.
func redisURL(raw string) (*redis.UniversalOptions, error) {
	scheme, rest, _ := strings.Cut(raw, "://")
	if scheme == "redis" || scheme == "rediss" {
		o, err := redis.ParseURL(raw)
		if err != nil {
			return nil, fmt.Errorf("redis url: not valid for scheme %s", scheme)
		}
		return &redis.UniversalOptions{Addrs: []string{o.Addr}, DB: o.DB, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig}, nil
	}
	hosts, master, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(hosts, "@")
	one, err := url.Parse("redis://" + hosts[:at+1] + "host") // net/url knows no list of hosts
	if hosts = hosts[at+1:]; err != nil || hosts == "" {
		return nil, errors.New("redis url: want redis://, rediss://, redis+sentinel:// or redis+cluster:// and a host")
	}
	o := &redis.UniversalOptions{Addrs: strings.Split(hosts, ","), Username: one.User.Username()}
	o.Password, _ = one.User.Password()
	switch {
	case scheme == "redis+sentinel" && master != "":
		o.MasterName = master
	case scheme == "redis+cluster":
		o.IsClusterMode = true
	default:
		return nil, errors.New("redis url: unknown scheme, or redis+sentinel:// without the master's name as its path")
	}
	return o, nil
}

// errCallerLeft says that the caller gave up, which says nothing of Redis.
var errCallerLeft = errors.New("caller left")

// try runs one call within the patience, unless the breaker is open. False
// means: go on without.
func (r *Redis) try(ctx context.Context, call func(context.Context) error) bool {
	_, err := r.breaker.Execute(func() (struct{}, error) {
		limited, cancel := context.WithTimeout(ctx, redisPatience)
		defer cancel()
		err := call(limited)
		if err != nil && ctx.Err() != nil {
			err = errCallerLeft
		}
		return struct{}{}, err
	})
	return err == nil
}

// keyOf hides a partner's key: what lies in Redis tells nothing about it.
func (r *Redis) keyOf(p gateway.PartnerID, key string) string {
	mac := hmac.New(sha256.New, r.secret)
	fmt.Fprintf(mac, "%d:%s%s", len(p), p, key)
	return "throughline:key:{" + hex.EncodeToString(mac.Sum(nil)) + "}"
}

// Recall says under which message a key was accepted, if Redis says so in time.
func (r *Redis) Recall(ctx context.Context, p gateway.PartnerID, key string) (gateway.MessageID, bool) {
	var id string
	ok := r.try(ctx, func(ctx context.Context) (err error) {
		if id, err = r.client.Get(ctx, r.keyOf(p, key)).Result(); errors.Is(err, redis.Nil) {
			return nil
		}
		return err
	})
	return gateway.MessageID(id), ok && id != ""
}

// Remember notes that a key was accepted: call it after the commit.
func (r *Redis) Remember(ctx context.Context, p gateway.PartnerID, key string, id gateway.MessageID) {
	r.try(ctx, func(ctx context.Context) error {
		return r.client.Set(ctx, r.keyOf(p, key), string(id), r.ttl).Err()
	})
}

// allowScript counts a request unless both minutes together are over the rate.
var allowScript = redis.NewScript(`
local cur = tonumber(redis.call('GET', KEYS[1]) or '0')
local prev = tonumber(redis.call('GET', KEYS[2]) or '0')
if prev * tonumber(ARGV[1]) + cur + 1 > tonumber(ARGV[2]) then return {0, cur, prev} end
redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], 180)
return {1, cur, prev}`)

// Allow counts a request of a partner over all instances; while Redis is away,
// each instance counts for itself.
func (r *Redis) Allow(ctx context.Context, p gateway.PartnerID, perMinute int) (ok bool, retry time.Duration) {
	now := r.local.Now()
	minute := now.Unix() / 60
	part := 1 - float64(now.Sub(now.Truncate(time.Minute)))/float64(time.Minute)
	keys := []string{fmt.Sprintf("throughline:rate:{%s}:%d", p, minute), fmt.Sprintf("throughline:rate:{%s}:%d", p, minute-1)}
	var got []int64
	counted := r.try(ctx, func(ctx context.Context) (err error) {
		got, err = allowScript.Run(ctx, r.client, keys, part, perMinute).Int64Slice()
		return err
	})
	if !counted || len(got) != 3 {
		return r.local.Allow(ctx, p, perMinute)
	}
	if got[0] == 1 {
		return true, 0
	}
	return false, max(overRate(now, int(got[1]), int(got[2]), perMinute), time.Second)
}

// Wake passes a hint to this process at once and to the others through Redis.
func (r *Redis) Wake(ctx context.Context, topic string) {
	r.local.Wake(ctx, topic)
	r.try(ctx, func(ctx context.Context) error {
		return r.client.Publish(ctx, redisChannel, r.self+" "+topic).Err()
	})
}

// Listen gives the topics woken from now on, until ctx ends. Those of other
// instances come while Run runs.
func (r *Redis) Listen(ctx context.Context) <-chan string { return r.local.Listen(ctx) }

// Run passes the hints of other instances on, until ctx ends. It subscribes
// again by itself when Redis was away.
func (r *Redis) Run(ctx context.Context) error {
	sub := r.client.Subscribe(ctx, redisChannel)
	defer func() { _ = sub.Close() }()
	hints := sub.Channel(redis.WithChannelHealthCheckInterval(3 * time.Second))
	for {
		select {
		case <-ctx.Done():
			return nil
		case m, ok := <-hints:
			if !ok {
				return nil
			}
			if from, topic, found := strings.Cut(m.Payload, " "); found && from != r.self {
				r.local.Wake(ctx, topic)
			}
		}
	}
}

// Ping says whether Redis answers: for readiness pages, never for decisions.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	return r.client.Ping(ctx).Err()
}

// State is the breaker's: closed, half-open or open.
func (r *Redis) State() string { return r.breaker.State().String() }

// Close ends the connections.
func (r *Redis) Close() error { return r.client.Close() }

// Count reads every entry that is ours to see, keys and values, and counts those
// that hit says yes to: the proof that something is gone. What cannot be read is
// an error: nothing was proven.
func (r *Redis) Count(ctx context.Context, hit func([]byte) bool) (n int64, err error) {
	at := r.client.Scan(ctx, 0, "*", 1000).Iterator()
	for at.Next(ctx) {
		value, err := r.client.Get(ctx, at.Val()).Bytes()
		if hit([]byte(at.Val())) || err == nil && hit(value) { // other types than strings hold counters only
			n++
		}
	}
	return n, at.Err()
}
