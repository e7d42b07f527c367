package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/store"
)

// localRedis is where the demonstration looks for a Redis nobody named.
const localRedis = "redis://127.0.0.1:6379"

// openHints chooses what remembers keys: the Redis that is configured, else this
// process.
func (a *App) openHints(ctx context.Context) error {
	target := redisTarget(a.Config.Redis)
	if target == "" {
		a.Hints, a.Dedup = store.NewMemory(), "this process (no Redis)"
		return nil
	}
	secret, err := keySecret(a.Config.Store.DataDir)
	if err != nil {
		return err
	}
	r, err := store.OpenRedis(target, store.RedisOptions{Secret: secret})
	if err != nil {
		return usage(err.Error(), "correct --redis or redis.url")
	}
	a.Hints, a.Dedup = r, "Redis at "+shownRedis(target)
	if r.Ping(ctx) != nil {
		a.Dedup += " (does not answer; the database decides meanwhile)"
	}
	a.closes = append(a.closes, r.Close)
	return nil
}

// nearbyRedis is the URL of a Redis on this machine that nobody named; empty
// when none listens.
func nearbyRedis(ctx context.Context) string {
	conn, err := (&net.Dialer{Timeout: 100 * time.Millisecond}).DialContext(ctx, "tcp", strings.TrimPrefix(localRedis, "redis://"))
	if err != nil {
		return ""
	}
	_ = conn.Close() // it was only a question
	return localRedis
}

// redis is the Redis behind the hints, nil when this process does it itself.
func (a *App) redis() *store.Redis {
	r, _ := a.Hints.(*store.Redis)
	return r
}

// redisTarget is the configured Redis as one URL; empty when there is none.
func redisTarget(r config.Redis) string {
	if !r.Configured() {
		return ""
	}
	if len(r.Addresses) == 0 {
		return r.URL.Reveal()
	}
	u := &url.URL{Scheme: "redis+cluster", Host: strings.Join(r.Addresses, ",")}
	if r.Master != "" {
		u.Scheme, u.Path = "redis+sentinel", "/"+r.Master
	}
	if password := r.Password.Reveal(); password != "" || r.Username != "" {
		u.User = url.UserPassword(r.Username, password)
	}
	return u.String()
}

// shownRedis is the URL without its password.
func shownRedis(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "its address"
	}
	return u.Host
}

// keySecret is the key of the HMAC over message keys in Redis. It stays beside
// the data; instances of one installation share the file.
func keySecret(dir string) ([]byte, error) {
	path := filepath.Join(dir, "redis.key")
	text, err := os.ReadFile(path)
	if err == nil {
		secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(secret) < 16 {
			return nil, &failure{code: exitFault, text: path + " is damaged", todo: "remove it; a new one will be made"}
		}
		return secret, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	return secret, writeFile(path, []byte(hex.EncodeToString(secret)+"\n"))
}
