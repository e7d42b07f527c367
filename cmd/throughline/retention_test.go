package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/jobs/reconcile"
	"github.com/throughline/throughline/jobs/retention"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store/storetest"
)

const retentionConfig = `
server: {listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0}
store: {data_dir: %q, url: %q}
identity: {member_system: "urn:test:member", trusted_systems: ["urn:test:member"]}
programs: {packs: [wraparound]}
retention: {children_days: 365, payload_days: 365, report_days: 3650, rewrite: true}
partners:
  - {id: agency-a, name: An agency, kind: agency}
  - {id: state, name: The state, kind: state, programs: [wraparound], wants: [{types: [CareTeam, Coverage]}], deliver: {wire: webhook, url: "https://s.example/", secrets: ["whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"]}}
`

// old and young are the words by which the two children are known everywhere.
const (
	oldChild   = "CANARYOLD"
	youngChild = "CANARYNEW"
)

func retentionWorld(t *testing.T, url string) *App {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, retentionConfig, t.TempDir(), url), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, problems := config.Load(config.Input{Paths: []string{path}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// tell sends all there is about a child at a moment: a team, an enrollment, an
// authorization, a service, a bad copy of a message; a night and the rules find
// something of it.
func (a *App) childOf(t *testing.T, word string, at time.Time) {
	t.Helper()
	a.Store.Now, a.Gateway.Now = func() time.Time { return at }, func() time.Time { return at }
	day := at.Format(time.DateOnly)
	member := "MEM-" + word
	send := func(partner gateway.PartnerID, kind, key, body string) {
		t.Helper()
		if _, err := a.Gateway.Receive(t.Context(), &gateway.Message{Partner: partner, Channel: "messages", Kind: gateway.Kind(kind), Body: []byte(body), Key: key}, acknowledged); err != nil {
			t.Fatal(err)
		}
	}
	send("agency-a", "json/care_team", "KEY-"+word+"-1", `{"record":"care_team","team_id":"TEAM-`+word+`","member_id":"`+member+`","family_name":"`+word+`","given_name":"Kim","birth_date":"2010-05-06","status":"active",
		"start":"`+day+`","end":"`+day+`","program":"wraparound","members":[{"id":"c","kind":"professional","role":"coordinator","name":"Ada"}]}`)
	send("state", "json/enrollment", "KEY-"+word+"-2", `{"record":"enrollment","member_id":"`+member+`","start":"`+day+`","end":"`+day+`","payer":"p","program":"wraparound"}`)
	send("state", "json/authorization", "KEY-"+word+"-3", `{"record":"authorization","authorization_id":"AUTH-`+word+`","member_id":"`+member+`","status":"approved","payer":"p","code":"H2021","units":10,"start":"`+day+`","end":"`+day+`"}`)
	send("agency-a", "json/service", "KEY-"+word+"-4", `{"record":"service","line_id":"LINE-`+word+`","member_id":"`+member+`","provider_id":"P1","code":"H2021","service_date":"`+day+`","units":2}`)
	again := &gateway.Message{Partner: "state", Channel: "messages", Kind: "json/enrollment", Key: "KEY-" + word + "-2", Body: []byte(`{"other":"` + member + `"}`)}
	if _, err := a.Gateway.Receive(t.Context(), again, acknowledged); err == nil {
		t.Fatal("another body under the same key was taken")
	}
	if err := a.route().Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	sum, err := reconcile.Run(t.Context(), a.reconcileDeps(), ledger.DayOf(at), reconcile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run, err := a.Store.RunByID(t.Context(), sum.Run)
	if err == nil {
		_, err = reconcile.Export(t.Context(), a.reconcileDeps(), run, filepath.Join(a.Config.Store.DataDir, "reports", day), reconcile.ExportOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// bytesOf is everything that the database keeps in files, and every other file
// of the data directory.
func (a *App) bytesOf(t *testing.T, url string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(a.Config.Store.DataDir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			var body []byte
			body, err = os.ReadFile(path)
			all = append(all, body...)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if a.Store.Kind() == "sqlite" {
		for _, suffix := range []string{"", "-wal"} {
			body, err := os.ReadFile(url + suffix)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			all = append(all, body...)
		}
		return all
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), "checkpoint"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), `select pg_read_binary_file(pg_relation_filepath(c.oid)) from pg_class c where c.relkind in ('r', 'i', 't') and c.oid > 16384 and pg_relation_size(c.oid) > 0`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			t.Fatal(err)
		}
		all = append(all, body...)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("the files of the database cannot be read by this user: %v", err)
	}
	return all
}

// A child of whom nothing was heard for longer than its records are kept is gone
// after a purge: from every table, from the files of the database, from the files
// of nights. Everybody else stays. A dry run deletes nothing, and a legal hold
// keeps everything.
func TestPurgeLeavesNoTrace(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		a, ctx := retentionWorld(t, url), t.Context()
		now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
		a.childOf(t, oldChild, now.AddDate(-3, 0, 0))
		a.childOf(t, youngChild, now.AddDate(0, 0, -20))
		a.Store.Now = func() time.Time { return now }
		if got := a.bytesOf(t, url); !bytes.Contains(got, []byte(oldChild)) || !bytes.Contains(got, []byte(youngChild)) {
			t.Fatal("the canaries are not in the files: this test would prove nothing")
		}
		dry, err := retention.Run(ctx, a.retentionDeps(), now, retention.Options{DryRun: true, Who: "op"})
		if err != nil || dry.Children != 1 || dry.Rows["resource"] == 0 || dry.Proof != nil {
			t.Fatalf("%+v %v", dry, err)
		}
		hold, err := a.Store.AddHold(ctx, "state", gateway.Identifier{System: "urn:test:member", Value: "MEM-" + oldChild}, "a court asks", "op")
		if err != nil {
			t.Fatal(err)
		}
		kept, err := retention.Run(ctx, a.retentionDeps(), now, retention.Options{Who: "op"})
		if err != nil || kept.Children != 0 || kept.Held != 1 {
			t.Fatalf("under a hold: %+v %v", kept, err)
		}
		if got := a.bytesOf(t, url); !bytes.Contains(got, []byte(`{"record":"enrollment","member_id":"MEM-`+oldChild)) || !bytes.Contains(got, []byte(`{"other":"MEM-`+oldChild)) {
			t.Fatal("what a child under a legal hold has sent is gone")
		}
		if err := a.Store.ReleaseHold(ctx, hold, "the court has decided", "op"); err != nil {
			t.Fatal(err)
		}
		r, err := retention.Run(ctx, a.retentionDeps(), now, retention.Options{Who: "op"})
		if err != nil || r.Children != 1 || r.Proof == nil || len(r.Proof.Found) != 0 || r.Proof.RowsRead == 0 || r.Proof.Names < 4 {
			t.Fatalf("%+v %v", r, err)
		}
		got := a.bytesOf(t, url)
		if at := bytes.Index(got, []byte(oldChild)); at >= 0 {
			t.Errorf("still in a file: …%q…", got[max(0, at-60):min(len(got), at+60)])
		}
		for _, word := range []string{"MEM-", "TEAM-", "AUTH-", "LINE-"} {
			if !bytes.Contains(got, []byte(word+youngChild)) {
				t.Errorf("%s of the other child is gone", word)
			}
		}
		again, err := retention.Run(ctx, a.retentionDeps(), now, retention.Options{Who: "op"})
		if err != nil || again.Children != 0 || again.Payloads != 0 {
			t.Errorf("again: %+v %v", again, err)
		}
		trail, err := a.Store.RetentionRuns(ctx, 10)
		if err != nil || len(trail) != 3 || strings.Contains(string(bytes.Join(trail, nil)), "CANARY") {
			t.Errorf("%d reports: %v", len(trail), err)
		}
	})
}

// What a purge has missed the proof finds, in a table and in a file.
func TestProofFindsWhatIsLeft(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		a, ctx := retentionWorld(t, url), t.Context()
		now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
		a.childOf(t, oldChild, now.AddDate(-3, 0, 0))
		a.Store.Now = func() time.Time { return now }
		if err := a.Store.AddRetentionRun(ctx, "x", "op", []byte(`{"of":"MEM-`+oldChild+`"}`)); err != nil {
			t.Fatal(err)
		}
		left := filepath.Join(a.Config.Store.DataDir, "left.txt")
		if err := os.WriteFile(left, []byte("see AUTH-"+oldChild+"."), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := retention.Run(ctx, a.retentionDeps(), now, retention.Options{Who: "op"})
		if !errors.Is(err, retention.ErrTraces) || r == nil || len(r.Proof.Found) != 2 || r.Proof.Found[0].Table != "retention_run" || r.Proof.Found[1].Table != "file" {
			t.Errorf("%+v %v", r, err)
		}
	})
}
