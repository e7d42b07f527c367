package main

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

func TestAuthority(t *testing.T) {
	cfg, problems := config.Demo(nil, nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	a := &App{Config: cfg}
	own, other := gateway.ScopePayer("mco-a"), gateway.ScopePayer("mco-b")
	for _, tt := range []struct {
		partner gateway.PartnerID
		rel     gateway.Relation
		want    bool
	}{
		{"state", gateway.Relation{Why: "team", Scope: "partner:x"}, true},
		{"mco-a", gateway.Relation{Why: "enrollment", Scope: own}, true},
		{"mco-a", gateway.Relation{Why: "enrollment", Scope: gateway.ScopeProgram("wraparound"), Ref: "mco-a|wraparound|2026-01-01"}, true},
		{"mco-a", gateway.Relation{Why: "enrollment", Scope: other}, false},
		{"mco-a", gateway.Relation{Why: "enrollment", Scope: gateway.ScopeProgram("wraparound"), Ref: "mco-b|wraparound|2026-01-01"}, false},
		{"mco-a", gateway.Relation{Why: "team", Scope: own}, false},
		{"clinic-a", gateway.Relation{Why: "enrollment", Scope: own}, false},
		{"nobody", gateway.Relation{Why: "enrollment", Scope: own}, false},
	} {
		if got := a.authority(tt.partner, tt.rel); got != tt.want {
			t.Errorf("%s %+v: %t", tt.partner, tt.rel, got)
		}
	}
	if c := a.caller("nobody"); len(c.Scopes) != 0 || c.Labels != 0 {
		t.Errorf("a partner that is not configured may see %+v", c)
	}
}

func TestLogKeepsOnlyWhatIsAllowed(t *testing.T) {
	var b bytes.Buffer
	log := newLogger(&b, config.Logging{Level: "info", Format: "json"}, slog.LevelDebug)
	fault := &gateway.Fault{Op: "validate", Code: gateway.Invalid, Issues: fhir.Issues{{Found: "Zzyzx"}}, Err: errors.New("cause")}
	log.Info("said", "op", "test", "name", "Zzyzx", "body", "Zzyzx", "error", fault, slog.Group("more", slog.String("op", "Zzyzx")))
	if text := b.String(); strings.Contains(text, "Zzyzx") || !strings.Contains(text, `"op":"test"`) || !strings.Contains(text, "validate: invalid: cause") {
		t.Error(text)
	}
	b.Reset()
	newLogger(&b, config.Logging{Level: "info"}, slog.LevelWarn).Info("quiet")
	if b.Len() > 0 {
		t.Error("a verb's log is louder than warnings")
	}
}

func TestSocketPath(t *testing.T) {
	if got := socketPath("/d"); got != "/d/admin.sock" {
		t.Error(got)
	}
	long := "/" + strings.Repeat("x", 200)
	if got := socketPath(long); len(got) > maxSocketPath || got == socketPath(long+"y") {
		t.Error(got)
	}
}

func TestRedisTarget(t *testing.T) {
	for want, r := range map[string]config.Redis{
		"":                                     {},
		"redis+cluster://a:1,b:2":              {Addresses: []string{"a:1", "b:2"}},
		"redis+sentinel://u:@a:1,b:2/mymaster": {Addresses: []string{"a:1", "b:2"}, Master: "mymaster", Username: "u"},
	} {
		if got := redisTarget(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestKeySecretStays(t *testing.T) {
	dir := t.TempDir()
	one, err := keySecret(dir)
	if err != nil || len(one) < 32 {
		t.Fatal(err, len(one))
	}
	two, err := keySecret(dir)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("another secret: %v", err)
	}
	if err := writeFile(filepath.Join(dir, "redis.key"), []byte("short")); err != nil {
		t.Fatal(err)
	}
	if _, err := keySecret(dir); err == nil {
		t.Error("a damaged secret was taken")
	}
}

func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, exitFine}, {errors.New("x"), exitFault}, {usage("x", "y"), exitUsage}, {config.Problems{{Found: "x"}}, exitUsage},
		{&gateway.Fault{Code: gateway.Invalid}, exitFindings}, {&gateway.Fault{Code: gateway.Busy}, exitDown},
		{&gateway.Fault{Code: gateway.Denied}, exitDenied}, {&gateway.Fault{Code: gateway.NotFound}, exitFault}, {silent(exitPartly), exitPartly},
	} {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.err, got, tt.want)
		}
	}
	if got := together(map[int]int{exitFine: 1, exitFindings: 1}, 2); got != exitPartly {
		t.Error(got)
	}
	if got := together(map[int]int{exitFindings: 2}, 2); got != exitFindings {
		t.Error(got)
	}
}
