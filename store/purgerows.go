package store

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// errTried ends a transaction that was only to count.
var errTried = errors.New("tried")

// purgeChunk is how many ids one statement names.
const purgeChunk = 500

// in puts placeholders for the values where a statement has a %.
func in(sql string, args *[]any, values []string) string {
	return strings.Replace(sql, "%", bindAll(args, values), 1)
}

// What is deleted, in this order: the condition has a % for the values.
var (
	// ofResources: by Type/id.
	ofResources = [][2]string{
		{"search_token", "type || '/' || id in (%)"}, {"search_string", "type || '/' || id in (%)"}, {"search_date", "type || '/' || id in (%)"},
		{"search_ref", "type || '/' || id in (%)"}, {"search_quantity", "type || '/' || id in (%)"}, {"addressed", "type || '/' || id in (%)"},
		{"identity", "type || '/' || resource in (%)"}, {"source_ref", "resource in (%)"}, {"remote_ref", "resource in (%)"}, {"delivery_conflict", "resource in (%)"},
		{"referral_link", "task in (%)"}, {"resource_history", "type || '/' || id in (%)"}, {"resource", "type || '/' || id in (%)"},
	}
	// ofPersons: by the person's key.
	ofPersons = [][2]string{
		{"pas_inquiry", "auth in (select id from prior_auth where person in (%))"}, {"subscription_event", "auth in (select id from prior_auth where person in (%))"},
		{"prior_auth_clock", "id in (select id from prior_auth where person in (%))"}, {"prior_auth_name", "id in (select id from prior_auth where person in (%))"},
		{"prior_auth_answer", "id in (select id from prior_auth where person in (%))"}, {"prior_auth_version", "id in (select id from prior_auth where person in (%))"}, {"prior_auth", "person in (%)"},
		{"finding_event", "finding in (select id from finding where person in (%))"}, {"finding", "person in (%)"},
		{"exchange_out", "delivery in (select id from outbox where subject in (%))"}, {"outbox", "subject in (%)"}, {"lane", "subject in (%)"},
		{"service_line", "person in (%)"}, {"auth_fact", "person in (%)"}, {"span_fact", "person in (%)"}, {"claim_advice", "person in (%)"}, {"plan_fact", "person in (%)"}, {"record_fact", "person in (%)"},
		{"verdict", "person in (%)"}, {"split", "person in (%)"}, {"auth_use", "person in (%)"}, {"run_finding", "person in (%)"}, {"run_person", "person in (%)"},
		{"effect", "person in (%)"}, {"relation", "person in (%)"}, {"person_link", "person in (%)"}, {"person_link", "other in (%)"}, {"person_apart", "person in (%)"}, {"person_apart", "other in (%)"},
		{"person_review", "persons in (%)"}, {"legal_hold", "person in (%)"}, {"patient_xref", "person in (%)"}, {"person", "id in (%)"},
	}
	// ofMessages: by the id of messages about nobody else.
	ofMessages = [][2]string{
		{"exchange_out", "delivery in (select id from outbox where message in (%))"}, {"outbox", "message in (%)"}, {"replay_note", "message in (%)"}, {"quarantine", "message in (%)"},
		{"prior_auth_answer", "message in (%)"}, {"file_ack", "file in (select file from file_unit where message in (%))"}, {"file_unit", "message in (%)"}, {"effect", "message in (%)"}, {"inbox", "id in (%)"},
	}
)

// remove deletes what was found. The locks of conditional requests hold what was
// asked for and nothing else: they all go.
func (p *purging) remove(ctx context.Context) error {
	for _, part := range []struct {
		rows   [][2]string
		values []string
	}{{ofMessages, p.messages}, {ofResources, p.resources}, {ofPersons, p.persons}} {
		for _, row := range part.rows {
			if err := p.delete(ctx, row[0], row[1], part.values); err != nil {
				return err
			}
		}
	}
	n, err := p.t.affect(ctx, "delete from identity where system like 'criteria|%'")
	if err != nil {
		return err
	}
	p.count("identity", n)
	return p.erase(ctx, p.shared)
}

func (p *purging) delete(ctx context.Context, table, condition string, values []string) error {
	for chunk := range slices.Chunk(values, purgeChunk) {
		var args []any
		n, err := p.t.affect(ctx, "delete from "+table+" where "+in(condition, &args, chunk), args...)
		if err != nil {
			return err
		}
		p.count(table, n)
	}
	return nil
}

func (p *purging) count(table string, n int64) {
	if n > 0 {
		p.out.Rows[table] += n
	}
}

// erase takes the bytes of messages that are about others too.
func (p *purging) erase(ctx context.Context, messages []string) error {
	for chunk := range slices.Chunk(messages, purgeChunk) {
		args := []any{p.s.micros()}
		marks := bindAll(&args, chunk)
		for _, sql := range []string{"update inbox set body = '', answer_body = null, issues = '[]', erased_at = $1 where id in (" + marks + ")",
			"update file_unit set raw = null, issues = '[]' where $1 > 0 and message in (" + marks + ")", "delete from quarantine where $1 > 0 and message in (" + marks + ")"} {
			if err := p.t.exec(ctx, sql, args...); err != nil {
				return err
			}
		}
	}
	return nil
}
