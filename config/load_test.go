package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/gateway"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a file, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// write puts text into a file of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load fails the test on any problem but a warning.
func load(t *testing.T, in Input) *Config {
	t.Helper()
	c, problems := Load(in)
	if err := problems.Err(); err != nil {
		t.Fatalf("problems:\n%v", err)
	}
	return c
}

// printed is what Print writes.
func printed(t *testing.T, c *Config) string {
	t.Helper()
	var b strings.Builder
	if err := Print(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestProblems reports everything that is wrong with a file, in one go.
func TestProblems(t *testing.T) {
	c, problems := Load(Input{Paths: []string{"testdata/bad.yaml"}, Env: map[string]string{
		"THROUGHLINE_STORE_POOL": "many", "THROUGHLINE_SERVER_LISTN": "x", "THROUGHLINE_REDIS_PASSWORD_FILE": "/nowhere/secret",
	}, Flags: map[string]string{"store.ulr": "x", "logging.level": "loud"}})
	if c != nil {
		t.Error("got a configuration in spite of the problems")
	}
	golden(t, "bad.golden", problems.Error()+"\n")
	if strings.Contains(problems.Error(), "hunter2") {
		t.Error("a secret is in the problems")
	}
}

// TestUnreadable covers files that have no tree to walk.
func TestUnreadable(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"syntax":        {"server:\n  listen: \"hunter2\n", "x.yaml:2:"},
		"not a mapping": {"- a\n", "x.yaml:1:1: found a list; allowed: keys and values"},
		"two documents": {"server: {}\n---\nstore: {}\n", "x.yaml:3:1: found a second YAML document"},
		"anchor":        {"server: &a {}\n", "x.yaml:1:9: server: found an anchor"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, problems := Load(Input{Paths: []string{write(t, "x.yaml", c.text)}})
			if !strings.Contains(problems.Error(), c.want) || strings.Contains(problems.Error(), "hunter2") {
				t.Errorf("got %v, want %q", problems, c.want)
			}
		})
	}
	if _, problems := Load(Input{Paths: []string{"testdata/absent.yaml"}}); !strings.Contains(problems.Error(), "testdata/absent.yaml: found no readable file (no such file or directory)") {
		t.Errorf("got %v", problems)
	}
}

// TestPrecedence lays every origin over the one below it.
func TestPrecedence(t *testing.T) {
	first := write(t, "first.yaml", "server: {listen: '127.0.0.1:1', admin_listen: '127.0.0.1:1'}\nstore: {pool: 1, data_dir: one}\npartners:\n  - {id: a, name: A, kind: clinic, labels: [R]}\n")
	second := write(t, "second.yaml", "store: {pool: 2}\npartners:\n  - {id: b, name: B, kind: clinic}\n")
	c := load(t, Input{Paths: []string{first, second}, Env: map[string]string{
		"THROUGHLINE_SERVER_ADMIN_LISTEN": "127.0.0.1:3", "THROUGHLINE_STORE_POOL": "3", "THROUGHLINE_REDIS_PASSWORD_FILE": write(t, "pw", "hunter2\n"),
		"THROUGHLINE_REDIS_ADDRESSES": "10.0.0.1:1,10.0.0.2:1", "THROUGHLINE_REDIS_TIMEOUT": "75ms",
	}, Flags: map[string]string{"store.pool": "4"}})
	got := fmt.Sprint(c.Server.Listen, " ", c.Server.AdminListen, " ", c.Store.Pool, " ", c.Store.DataDir, " ", c.Redis.Addresses, " ", c.Redis.Timeout, " ", c.Redis.Password.Reveal(), " ", c.Partners[0].ID)
	if want := "127.0.0.1:1 127.0.0.1:3 4 one [10.0.0.1:1 10.0.0.2:1] 75ms hunter2 b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	out := printed(t, c)
	for _, want := range []string{
		"listen: \"127.0.0.1:1\" # " + first + ":1\n", "admin_listen: \"127.0.0.1:3\" # env THROUGHLINE_SERVER_ADMIN_LISTEN\n",
		"pool: 4 # flag --store-pool\n", "data_dir: one # " + first + ":2\n", "shutdown: 25s # default\n",
		"password: (secret) # env THROUGHLINE_REDIS_PASSWORD_FILE\n", "labels: [] # default\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

const secretive = `
store: {url: "postgres://gw:CANARY-1@db/gw?sslpassword=CANARY-2"}
redis: {url: "redis://:CANARY-3@cache/0", password: CANARY-4}
tokens: {a: env:TOKEN}
partners:
  - id: a
    name: A
    kind: ehr
    wants: [{types: [CarePlan]}]
    deliver: {wire: webhook, url: https://a.example/, token: CANARY-5, secrets: [CANARY-6, env:SECOND]}
`

// TestSecrets looks for canaries in everything that is shown.
func TestSecrets(t *testing.T) {
	c, problems := Load(Input{Paths: []string{write(t, "secret.yaml", secretive)}, Env: map[string]string{"TOKEN": "CANARY-7-0123456789", "SECOND": "CANARY-8"}})
	if c == nil {
		t.Fatal(problems)
	}
	if len(problems) != 5 {
		t.Errorf("want five warnings of literal secrets, got\n%v", problems)
	}
	doc, _ := json.Marshal(c.source.doc)
	shown := printed(t, c) + problems.Error() + string(doc) + fmt.Sprintf("%v %+v %#v %s", c.Store, c.Redis, c.source.doc.Partners[0].Deliver.Secrets, c.source.doc.Tokens)
	if strings.Contains(shown, "CANARY") {
		t.Errorf("a secret is shown:\n%s", shown)
	}
	if !strings.Contains(shown, "env:TOKEN") || !strings.Contains(shown, "gw:xxxxx@db") {
		t.Errorf("references and addresses should be shown:\n%s", shown)
	}
	e := c.Partner("a").Deliver
	got := []string{c.Tokens["a"], e.Token, e.Secrets[0], e.Secrets[1], c.Redis.Password.Reveal()}
	if diff := cmp.Diff([]string{"CANARY-7-0123456789", "CANARY-5", "CANARY-6", "CANARY-8", "CANARY-4"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestExample keeps the operators' example true: it loads without a word, and
// what Print writes loads as the same configuration.
func TestExample(t *testing.T) {
	env := map[string]string{"ALDER_TOKEN": "0123456789abcdef", "AMBER_TOKEN": "amber", "ALDER_TEST_TOKEN": "fedcba9876543210", "AMBER_TEST_TOKEN": "amber-test", "STATE_HOOK_SECRET": "state"}
	c, problems := Load(Input{Paths: []string{"throughline.example.yaml"}, Env: env})
	if len(problems) > 0 {
		t.Fatalf("problems:\n%v", problems)
	}
	if advice := Check(c); len(advice) > 0 {
		t.Errorf("advice:\n%v", advice)
	}
	for _, rule := range c.Clocks { // the holidays count for every rule, the built-in ones among them
		if len(c.Clocks) != 3 || len(rule.Holidays) != 3 || rule.Holidays[2].String() != "2026-12-25" {
			t.Errorf("%d rules, holidays %v", len(c.Clocks), rule.Holidays)
		}
	}
	first := printed(t, c)
	again := load(t, Input{Paths: []string{write(t, "printed.yaml", first)}, Env: env})
	if diff := cmp.Diff(bare(first), bare(printed(t, again))); diff != "" {
		t.Errorf("printed and loaded again (-first +again):\n%s", diff)
	}
	if diff := cmp.Diff(c.Rules.Version(), again.Rules.Version()); diff != "" {
		t.Error(diff)
	}
}

// bare is printed text without its origins.
func bare(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, " # ")
	}
	return strings.Join(lines, "\n")
}

// TestDefaultSends gives each kind of partner what it usually sends.
func TestDefaultSends(t *testing.T) {
	c, _ := Demo(nil, nil)
	for id, want := range map[gateway.PartnerID]string{
		"clinic-a": "[fhir/* json/care_plan csv/care_plan json/care_team csv/care_team json/referral csv/referral json/authorization csv/authorization json/service csv/service json/treatment_update csv/treatment_update json/staff csv/staff json/meeting csv/meeting json/contact csv/contact json/assessment csv/assessment json/flexible_fund csv/flexible_fund json/referral_answer csv/referral_answer json/level_of_care csv/level_of_care json/placement csv/placement json/waitlist_entry csv/waitlist_entry json/linked_plan csv/linked_plan json/application_packet csv/application_packet json/appeal csv/appeal x12/270 x12/278 x12/837P]",
		"mco-a":    "[fhir/* json/authorization csv/authorization json/enrollment csv/enrollment json/decision csv/decision json/adverse_notice csv/adverse_notice json/appeal csv/appeal x12/271 x12/278-response x12/834 x12/835]", "state": "[fhir/* json/* csv/* x12/*]", "operator": "[]",
	} {
		if got := fmt.Sprint(c.Partner(id).Sends); got != want {
			t.Errorf("%s sends %s, want %s", id, got, want)
		}
	}
}

// TestEverySettingCanBeSet keeps the paths of variables and flags in step with
// the prefixes of the sections.
func TestEverySettingCanBeSet(t *testing.T) {
	params, err := env.GetFieldParamsWithOptions(defaults(), env.Options{TagName: "yaml", PrefixTagName: "envPrefix"})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, p := range params {
		keys = append(keys, p.Key)
	}
	for _, path := range settings() {
		if !slices.Contains(keys, path) {
			t.Errorf("%s cannot be set", path)
		}
	}
}

// TestTarget tells SQLite from PostgreSQL.
func TestTarget(t *testing.T) {
	for url, want := range map[string]string{
		"": "sqlite data/throughline.db", "x/y.db": "sqlite x/y.db", "sqlite:y.db": "sqlite y.db", "sqlite:///tmp/y.db": "sqlite /tmp/y.db",
		"postgres://db/x?sslmode=disable": "postgres postgres://db/x?sslmode=disable",
	} {
		c := load(t, Input{Flags: map[string]string{"store.url": url}})
		if dialect, target := c.Store.Target(); dialect+" "+target != want {
			t.Errorf("%q: got %s %s, want %s", url, dialect, target, want)
		}
	}
	if _, problems := Load(Input{Flags: map[string]string{"store.url": "mysql://root:hunter2@db"}}); !strings.Contains(problems.Error(), "root:xxxxx@db") {
		t.Errorf("got %v", problems)
	}
}

// TestTokens refuses what would let somebody in as somebody else.
func TestTokens(t *testing.T) {
	const partners = "partners: [{id: a, name: A, kind: clinic}, {id: b, name: B, kind: clinic}]\n"
	_, problems := Load(Input{Paths: []string{write(t, "c.yaml", partners+"tokens: {a: env:ONE, b: env:TWO}\n")}, Env: map[string]string{"ONE": "0123456789abcdef", "TWO": "0123456789abcdef"}})
	if !strings.Contains(problems.Error(), "tokens.b: found the token of a; allowed: a token of its own for each partner") {
		t.Errorf("got %v", problems)
	}
}

// TestNPI knows the check digit; 1234567893 is the example of the standard.
func TestNPI(t *testing.T) {
	for npi, want := range map[string]bool{"1234567893": true, "1234567890": false, "123456789": false, "12345678930": false, "123456789x": false} {
		if ValidNPI(npi) != want {
			t.Errorf("%s: want %t", npi, want)
		}
	}
}
