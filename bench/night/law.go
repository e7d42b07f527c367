package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// dialect is what the two databases say differently.
type dialect struct {
	table   string // how a table that need not survive a crash is made
	date    string // a text as a date, null where it is none
	inf     string // a number above all quantities
	analyze bool
}

var (
	postgres = dialect{table: "create unlogged table", date: "pg_temp.safe_date(%s)", inf: "9000000000000000", analyze: true}
	duckdb   = dialect{table: "create table", date: "try_cast(%s as date)", inf: "9000000000000000"}
)

// law is the ledger's law as set SQL over raw_line, raw_auth and raw_span, which
// hold the three tables as text with the row number in no. What depends on what
// earlier lines took (rule 3) goes rank by rank: the n-th line of every child,
// code and modifiers at once. It leaves verdict and give.
func (d dialect) law(ctx context.Context, db *sql.DB, asOf string) error {
	for _, text := range d.steps(asOf) {
		if err := d.exec(ctx, db, text); err != nil {
			return err
		}
	}
	var ranks int
	if err := db.QueryRowContext(ctx, "select coalesce(max(rank), 0) from turn").Scan(&ranks); err != nil {
		return err
	}
	for rank := 1; rank <= ranks; rank++ {
		for _, text := range d.turn(rank) {
			if err := d.exec(ctx, db, text); err != nil {
				return err
			}
		}
	}
	return d.exec(ctx, db, d.verdicts())
}

func (d dialect) exec(ctx context.Context, db *sql.DB, text string) error {
	if _, err := db.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// as is a table made of a query, with what helps the planner.
func (d dialect) as(name, query string, index ...string) []string {
	out := []string{d.table + " " + name + " as " + query}
	if d.analyze {
		for i, columns := range index {
			out = append(out, fmt.Sprintf("create index %s_%d on %s (%s)", name, i, name, columns))
		}
		out = append(out, "analyze "+name)
	}
	return out
}

func (d dialect) steps(asOf string) []string {
	day := func(column string) string { return fmt.Sprintf(d.date, column) }
	var out []string
	add := func(name, query string, index ...string) { out = append(out, d.as(name, query, index...)...) }
	add("mods", `select raw, coalesce(string_agg(word, ' ' order by word), '') as norm from (
		select distinct m.raw, w.word from (select distinct modifiers as raw from raw_line union select distinct modifiers from raw_auth) m
		left join lateral (select unnest(regexp_split_to_array(upper(trim(m.raw)), '[ :]+')) as word) w on true where w.word <> '' or m.raw = '') t group by raw`)
	add("days", "select raw, "+day("raw")+" as day from (select distinct service_date as raw from raw_line) t")
	add("span", `select * from (select distinct on (member_id, payer, program, "start") member_id as member, payer, program, cast("start" as date) as lo,
		case when "end" = '' then date '9999-12-31' else cast("end" as date) end as hi from raw_span
		order by member_id, payer, program, "start", received_at desc, no desc) t where hi >= lo`, "member")
	add("pays", `select * from (select distinct on (authorization_id) authorization_id as id, member_id as member, provider_id as provider, code, m.norm as mods,
		cast("start" as date) as lo, case when "end" = '' then date '9999-12-31' else cast("end" as date) end as hi, cast(units as bigint) as units, unit, status,
		cap_period, case when cap_period = '' then null else cast(cap_units as bigint) end as cap, payer
		from raw_auth a join mods m on m.raw = a.modifiers where received_at = '' or cast(substr(received_at, 1, 10) as date) <= date '`+asOf+`'
		order by authorization_id, received_at desc, no desc) t where status in ('approved', 'partial')`, "member, code, mods")
	add("line", `select distinct on (line_id) line_id as id, claim_id as claim, member_id as member, provider_id as provider, code, m.norm as mods, d.day,
		cast(units as decimal(18, 6)) as amount, unit, case when frequency = '' then 1 else cast(frequency as integer) end as frequency, replaces,
		case replace(replace(lower(source), '_', ' '), '-', ' ') when '' then 0 when 'claim' then 0 when 'encounter' then 1 when 'visit log' then 2 else 3 end as source,
		authorization_id as named, visit_id as visit, start_time as start, received_at as received
		from raw_line l join mods m on m.raw = l.modifiers join days d on d.raw = l.service_date order by line_id, received_at desc, no desc`, "id", "claim")
	add("edge", `select l.id as a, o.id as b from line l join line o on o.id = l.replaces where l.replaces <> ''
		union all select l.id, o.id from line l join line o on o.claim = l.replaces where l.replaces <> '' and not exists (select 1 from line x where x.id = l.replaces)`, "a")
	add("reach", `with recursive both_ways as (select a, b from edge where a <> b union select b, a from edge where a <> b),
		reach as (select a, b from both_ways union select r.a, w.b from reach r join both_ways w on w.a = r.b) select distinct a, b from reach union select distinct a, a from reach`, "a")
	add("last", `select distinct on (r.a) r.a as id, o.id as decider, o.frequency as ends from reach r join line o on o.id = r.b order by r.a, o.received desc, o.id desc`, "id")
	add("stands", `select l.*, case
		when (l.replaces = '' and l.frequency in (7, 8)) or (l.replaces <> '' and not exists (select 1 from edge e where e.a = l.id and e.b <> l.id)) then 'unknown_original'
		when l.frequency = 8 then 'void' when k.decider is null or k.decider = l.id then '' when k.ends = 8 then 'voided' else 'replaced' end as state
		from line l left join last k on k.id = l.id`)
	add("live", "select * from stands where state in ('', 'unknown_original')", "member, day", "id")
	add("covered", `select l.id, min(s.payer) = '' as any_payer from live l join span s on s.member = l.member and l.day between s.lo and s.hi group by l.id`, "id")
	add("eligible", `select l.id, p.id as pays, p.hi, p.unit = l.unit or p.unit = '' or l.unit = '' as same_unit, p.id = l.named as named,
		case p.cap_period when 'day' then l.day when 'week' then cast(date_trunc('week', l.day) as date) when 'month' then cast(date_trunc('month', l.day) as date) end as win
		from live l join covered c on c.id = l.id join pays p on p.member = l.member and p.code = l.code and p.mods = l.mods and l.day between p.lo and p.hi
		and (p.provider = '' or p.provider = l.provider) and (p.payer = '' or c.any_payer
			or exists (select 1 from span s where s.member = l.member and s.payer = p.payer and l.day between s.lo and s.hi))
		where l.state = '' and l.amount > 0 and l.amount = floor(l.amount)`, "id")
	add("units", "select id, bool_or(same_unit) as fits from eligible group by id", "id")
	add("visits", `select id, row_number() over (partition by member, visit order by source, coalesce(day, date '9999-12-31'), id) as place from live where visit <> ''`, "id")
	add("twin", `select distinct b.id from live b join live a on a.member = b.member and a.day is not distinct from b.day and a.id < b.id and a.provider = b.provider and a.code = b.code
		and a.mods = b.mods and a.amount = b.amount and (a.visit = '' or b.visit = '') and (a.start = '' or b.start = '' or a.start = b.start)`, "id")
	add("opened", `select l.id, l.member, l.code, l.mods, l.provider, l.day, l.amount, case
		when l.state <> '' then l.state
		when l.amount <= 0 or trim(l.code) = '' or l.day is null or l.amount <> floor(l.amount) then 'invalid_line'
		when not u.fits then 'unknown_unit'
		when v.place > 1 or t.id is not null then 'duplicate'
		when c.id is null then 'not_enrolled'
		when u.fits then 'give' else 'miss' end as state
		from live l left join units u on u.id = l.id left join visits v on v.id = l.id left join twin t on t.id = l.id left join covered c on c.id = l.id`, "id")
	add("turn", `select o.id, cast(o.amount as bigint) as need, row_number() over (partition by o.member, o.code, o.mods order by o.day, o.id) as rank from opened o where o.state = 'give'`)
	add("try", `select t.rank, t.id, t.need, e.pays, e.win, row_number() over (partition by t.id order by e.named desc, e.hi, e.pays) as place
		from turn t join eligible e on e.id = t.id where e.same_unit order by t.rank`, "rank")
	add("purse", "select id, greatest(units, 0) as units_left, cap from pays")
	if d.analyze {
		out = append(out, "alter table purse add primary key (id)")
	}
	out = append(out, d.table+" given (pays text, win date, units bigint)", d.table+" give (id text, pays text, place bigint, units bigint)",
		d.table+" outcome (id text, matched bigint, capped integer)", d.table+" step (id text, pays text, place bigint, win date, units_left bigint, cap bigint, units bigint)")
	if d.analyze {
		out = append(out, "create index given_pays on given (pays, win)")
	}
	return out
}

// turn lets the lines of one rank take their units.
func (d dialect) turn(rank int) []string {
	return []string{
		"delete from step",
		fmt.Sprintf(`insert into step select id, pays, place, win, units_left, cap, greatest(0, least(avail, need - coalesce(sum(avail) over (partition by id order by place rows between unbounded preceding and 1 preceding), 0)))
		from (select t.id, t.need, t.pays, t.place, t.win, p.units_left, p.cap, least(p.units_left, case when p.cap is null then %s else greatest(p.cap - coalesce(g.units, 0), 0) end) as avail
			from try t join purse p on p.id = t.pays left join (select v.pays, v.win, sum(v.units) as units from given v where exists (select 1 from try x where x.rank = %d and x.pays = v.pays and x.win = v.win)
				group by v.pays, v.win) g on g.pays = t.pays and g.win = t.win where t.rank = %d) a`, d.inf, rank, rank),
		"insert into give select id, pays, place, units from step where units > 0",
		"insert into outcome select id, sum(units), max(case when units_left > units then 1 else 0 end) from step group by id",
		"insert into given select pays, win, units from step where cap is not null and units > 0",
		"update purse set units_left = units_left - s.units from (select pays, sum(units) as units from step where units > 0 group by pays) s where s.pays = purse.id",
	}
}

// verdicts puts every line together.
func (d dialect) verdicts() string {
	return strings.Join(d.as("verdict", `select o.id, case when o.state = 'give' then case when r.matched = cast(o.amount as bigint) then 'matched' when r.capped = 1 then 'over_cap' else 'exhausted' end
		when o.state = 'miss' then coalesce((select min(case
			when p.code = o.code and p.mods = o.mods and (p.provider = '' or p.provider = o.provider) and o.day between p.lo and p.hi then '1 wrong_payer'
			when p.code = o.code and p.mods = o.mods and o.day between p.lo and p.hi then '2 wrong_provider'
			when p.code = o.code and p.mods = o.mods and (p.provider = '' or p.provider = o.provider) then '3 outside_period'
			when p.code = o.code and p.mods <> o.mods and (p.provider = '' or p.provider = o.provider) and o.day between p.lo and p.hi then '4 wrong_modifier'
			when p.code <> o.code and p.provider = o.provider and p.provider <> '' and o.day between p.lo and p.hi then '5 wrong_code' end)
			from pays p where p.member = o.member), '6 no_authorization')
		else o.state end as verdict, coalesce(r.matched, 0) as matched from opened o left join outcome r on r.id = o.id
		union all select id, state, 0 from stands where state not in ('', 'unknown_original')`)[:1], "")
}
