package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/program"
)

// cross reports what is wrong between entries that are each right alone.
func (r *reader) cross(packs []*program.Pack) {
	r.unique()
	r.references(packs)
	r.deliveries()
	r.hl7v2()
	r.servers()
	r.settingsTogether()
	r.tokens()
}

// unique reports ids, identifiers and names that are used twice.
func (r *reader) unique() {
	ids, holders, names := map[string]string{}, map[string]string{}, map[string]string{}
	for i, p := range r.doc.Partners {
		path := item("partners", i)
		r.once(ids, p.ID, path+".id", "partner id")
		if p.ID == string(gateway.Itself) {
			r.add(path+".id", strconv.Quote(p.ID), "an id that is not the gateway's own", "choose another")
		}
		for j, npi := range p.NPI {
			r.once(holders, npi, item(path+".npi", j), "NPI")
		}
		for j, id := range p.Identifiers {
			r.once(holders, id.System+"|"+id.Value, item(path+".identifiers", j), "identifier")
		}
	}
	for i, s := range r.doc.Schedules {
		r.once(names, s.Name, item("schedules", i)+".name", "schedule name")
	}
}

func (r *reader) once(seen map[string]string, value, path, what string) {
	if first, again := seen[value]; again && value != "" {
		r.add(path, fmt.Sprintf("the %s %q, which %s has", what, value, first), "each "+what+" once", "change one of the two")
		return
	}
	seen[value] = path
}

// references reports programs that are not loaded and payers nobody answers for.
func (r *reader) references(packs []*program.Pack) {
	var programs []string
	for _, p := range packs {
		programs = append(programs, p.ID)
	}
	var payers []string
	for i, p := range r.doc.Partners {
		payers = append(payers, p.Payers...)
		for j, id := range p.Programs {
			r.known(item(item("partners", i)+".programs", j), id, programs, "a program listed in programs.packs")
		}
	}
	for i, u := range r.doc.Ledger.UnitTable {
		r.known(item("ledger.unit_table", i)+".payer", u.Payer, payers, "a payer of some partner")
	}
	for i, p := range r.doc.Ledger.Payers {
		r.known(item("ledger.payers", i)+".payer", p.Payer, payers, "a payer of some partner")
	}
	for i, t := range r.doc.Ledger.Transitions {
		r.known(item("ledger.transitions", i)+".new", t.New, payers, "a payer of some partner")
	}
}

func (r *reader) known(path, value string, list []string, allowed string) {
	if value == "" || slices.Contains(list, value) {
		return
	}
	r.add(path, strconv.Quote(value), allowed, "correct the name, or add what it names")
}

// deliveries reports wants without a way out, and a way out without its secret.
func (r *reader) deliveries() {
	for i, p := range r.doc.Partners {
		path := item("partners", i)
		r.pickups(path, &p)
		for name, d := range map[string]*deliverEntry{".deliver": p.Deliver, ".test_deliver": p.TestDeliver} {
			r.signed(path+name, d)
			r.destination(path+name, d, &p)
			r.wireURL(path+name, d)
		}
		r.subscribes(path+".pas.subscribe", &p)
		if p.Deliver == nil {
			if len(p.Wants) > 0 {
				r.add(path+".wants", "wants without deliver", "deliver beside wants", "add deliver with wire and url, or remove wants")
			}
			continue
		}
		if len(p.Wants) == 0 && p.Poll == nil && p.Export == nil && p.Kind != string(gateway.MCO) {
			r.warn(path+".deliver", "deliver without wants", "", "add wants, or nothing will be sent")
		}
	}
}

// subscribes reports a subscription at a payer that cannot be made, or that
// would be told to a closed door.
func (r *reader) subscribes(path string, p *partnerEntry) {
	switch {
	case !p.PAS.Subscribe:
	case p.Deliver == nil || p.Deliver.Wire != "pas":
		r.add(path, "a subscription at a payer that is not asked by PAS", "deliver with wire pas", "remove subscribe, or add deliver")
	case !r.doc.Tokens[p.ID].Set():
		r.add(path, "no token of the payer", "an entry for it in tokens: it shows that token when it tells us of a decision", "add it to tokens")
	}
}

// signed reports a webhook without a signing secret.
func (r *reader) signed(path string, d *deliverEntry) {
	if d != nil && d.Wire == "webhook" && len(d.Secrets) == 0 {
		r.add(path+".secrets", "nothing", "at least one signing secret for a webhook", "add one as env:NAME or file:/path")
	}
}

// settingsTogether reports settings that do not go together.
func (r *reader) settingsTogether() {
	if r.doc.Redis.URL.Set() && len(r.doc.Redis.Addresses) > 0 {
		r.add("redis.addresses", "addresses beside url", "one of the two", "remove one")
	}
	if target := r.doc.Redis.URL.Reveal(); target != "" && !isOneOf(target, "redis", "rediss", "unix") {
		r.add("redis.url", show(reflectOf(&r.doc.Redis.URL), target), "redis://, rediss:// or unix://", "correct the scheme")
	}
	for path, url := range map[string]*DSN{"store.url": &r.doc.Store.URL, "store.test_url": &r.doc.Store.TestURL} {
		if target := url.Reveal(); target != "" && !isOneOf(target, "postgres", "postgresql", "sqlite", "") {
			r.add(path, show(reflectOf(url), target), "a path, sqlite:PATH or postgres://", "correct the scheme")
		}
	}
	if url := r.doc.Store.TestURL.Reveal(); url != "" && url == r.doc.Store.URL.Reveal() {
		r.add("store.test_url", "the live store", "a store of its own: test traffic is never live data", "name another database, schema or file, or remove it")
	}
	if r.doc.Server.Listen == r.doc.Server.AdminListen && r.origins["server.listen"] != r.origins["server.admin_listen"] && r.doc.Server.Listen != "127.0.0.1:0" {
		r.add("server.admin_listen", strconv.Quote(r.doc.Server.AdminListen), "another address than server.listen", "choose another port")
	}
}

// isOneOf says whether a URL has one of the schemes.
func isOneOf(target string, schemes ...string) bool {
	u, err := url.Parse(target)
	return err == nil && slices.Contains(schemes, u.Scheme)
}

// tokens reports tokens of nobody or of two, short ones, and literal ones
// outside the demo. A token is either for live or for test traffic.
func (r *reader) tokens() {
	holders := map[string]string{}
	for _, section := range []struct {
		path   string
		tokens map[string]Secret
	}{{"tokens", r.doc.Tokens}, {"test_tokens", r.doc.Tests}} {
		for _, id := range slices.Sorted(maps.Keys(section.tokens)) {
			r.token(holders, child(section.path, id), id, section.tokens[id])
		}
	}
}

func (r *reader) token(holders map[string]string, path, id string, token Secret) {
	if first, again := holders[token.Reveal()]; again && token.Reveal() != "" {
		r.add(path, "the token of "+first, "a token of its own for each partner, and for its tests", "make another one")
	}
	holders[token.Reveal()] = id
	if !slices.ContainsFunc(r.doc.Partners, func(p partnerEntry) bool { return p.ID == id }) {
		r.add(path, "a token of no partner", "the id of a partner", "correct the id")
	}
	if len(token.Reveal()) < 16 {
		r.add(path, masked, "16 characters or more", "make a longer one, such as with openssl rand -hex 32")
	}
	if token.Literal() && !r.demo {
		r.add(path, "a literal token", "env:NAME or file:/path", "keep the token out of the file")
	}
}
