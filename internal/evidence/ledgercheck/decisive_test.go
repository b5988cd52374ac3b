package ledgercheck_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
)

const (
	grant      = "00000000-0000-4000-8000-0000000000a1"
	ended      = "00000000-0000-4000-8000-0000000000a2"
	substitute = "00000000-0000-4000-8000-0000000000b1"
	away       = "00000000-0000-4000-8000-0000000000c1"
	asked      = "00000000-0000-4000-8000-0000000000d1"
	forged     = "00000000-0000-4000-8000-0000000000ff"
)

// entrust has people given roles, substituted, away and asked, as KoKo does it, and signs that.
func (h *house) entrust() {
	h.t.Helper()
	ctx, url := context.Background(), h.rec.URL("koko")
	for id, who := range map[string]string{grant: "u-supervisor", ended: "u-gone"} {
		_, err := db.GiveGrant(ctx, url, db.AddGrantParams{ID: id, Subject: who, Role: "supervisor", Area: ags.Area{aachen}, ValidFrom: time.Now().Add(-time.Minute), GivenBy: "u-admin"})
		require.NoError(h.t, err)
	}
	admin := "u-admin"
	err := db.Within(ctx, h.rec.API, admin, ags.Area{aachen}, func(q *db.Queries) error {
		if _, err := q.EndGrant(ctx, db.EndGrantParams{At: time.Now(), ID: ended}); err != nil {
			return err
		}
		if _, err := q.AddSubstitution(ctx, db.AddSubstitutionParams{
			ID: substitute, Person: "u-supervisor", Substitute: "u-other", Roles: []string{"supervisor"}, Area: ags.Area{aachen},
			ValidFrom: time.Now(), ValidUntil: time.Now().Add(time.Hour), EnteredBy: admin,
		}); err != nil {
			return err
		}
		if _, err := q.AddAbsence(ctx, db.AddAbsenceParams{
			ID: away, Person: "u-supervisor", Area: ags.Area{aachen}, ValidFrom: time.Now(), ValidUntil: time.Now().Add(time.Hour), EnteredBy: admin,
		}); err != nil {
			return err
		}
		if err := q.NoteGrant(ctx, "enter_substitution", admin, substitute, "supervisor", ags.Area{aachen}); err != nil {
			return err
		}
		return q.NoteGrant(ctx, "end_grant", admin, ended, "supervisor", ags.Area{aachen})
	})
	require.NoError(h.t, err)
	h.exec(`INSERT INTO erasure_request (id, document_id, file_id, kind, ags, reason, requested_by, requested_at)
		SELECT $1, id, file_id, 'case', ags, 'unlawful', 'u-manager', now() FROM document ORDER BY id OFFSET 1 LIMIT 1`, asked)
	h.exec("INSERT INTO sessions (token, data, expiry) VALUES ('t1', 'u-supervisor', now() + interval '1 hour')")
	h.exec("INSERT INTO calendar_feed (token_hash, subject) VALUES (sha256('t'), 'u-supervisor')")
	h.exec("INSERT INTO witness_seen (origin, size, root, signed, at) VALUES ('o', 1, sha256('x'), 's', now())")
	h.exec("INSERT INTO ledger_check (source, size, findings) VALUES ('check', 1, 3)")
	h.sign()
	h.tomorrow()
}

func TestWhatDecidesIsCleanAsKoKoDoesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.entrust()
	r := h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)

	h.exec("UPDATE sessions SET data = 'more', expiry = now() + interval '2 hours'")
	h.exec("UPDATE notification SET read_at = now()")
	h.exec("DELETE FROM sessions")
	h.exec("UPDATE calendar_feed SET revoked = now()")
	h.exec("UPDATE document d SET secret = NULL, sealed = '', tokens = '{}' FROM erasure e WHERE e.document_id = d.id")
	r = h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)
}

// Each is done past every trigger, by somebody who is told in want by the check.
func TestWhoeverDecidesPastKoKoIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		forge func(h *house)
		want  string
	}{
		"a role that somebody gives themselves": {func(h *house) {
			h.super(`INSERT INTO role_grant (id, subject, role, area, valid_from, given_by) VALUES ($1, 'u-evil', 'supervisor', $2, now(), 'u-admin')`, forged, []string{aachen})
		}, "entry_unlogged role_grant " + forged},
		"a role in the past, with the triggers": {func(h *house) {
			h.exec(`INSERT INTO role_grant (id, subject, role, area, valid_from, given_by, given_at)
				VALUES ($1, 'u-evil', 'supervisor', $2, now() - interval '1 year', 'u-admin', now() - interval '1 year')`, forged, []string{aachen})
		}, "entry_time row_state role_grant/" + forged + "/1"},
		"a role in the past, with a state that says so, too": {func(h *house) {
			h.exec(`INSERT INTO role_grant (id, subject, role, area, valid_from, given_by, given_at)
				VALUES ($1, 'u-evil', 'supervisor', $2, now() - interval '1 year', 'u-admin', now() - interval '1 year')`, forged, []string{aachen})
			h.super("UPDATE row_state SET at = now() - interval '1 year' WHERE key = $1", forged)
			h.super("UPDATE row_state s SET hash = row_state_hash(s) WHERE key = $1", forged)
			h.super("UPDATE ledger_pending p SET hash = s.hash FROM row_state s WHERE p.key = s.tab || '/' || s.key || '/' || s.number")
			h.sign()
		}, "entry_time row_state role_grant/" + forged + "/1"},
		"a role that nobody is on record to have given": {func(h *house) {
			h.exec(`INSERT INTO role_grant (id, subject, role, area, valid_from, given_by) VALUES ($1, 'u-evil', 'supervisor', $2, now(), 'u-admin')`, forged, []string{aachen})
		}, "entry_unsigned role_grant " + forged},
		"a role of somebody else": {func(h *house) { h.super("UPDATE role_grant SET subject = 'u-evil' WHERE id = $1", grant) }, "entry_changed role_grant " + grant},
		"a role of somebody else, with its state": {func(h *house) {
			h.exec("UPDATE role_grant SET subject = 'u-evil' WHERE id = $1", grant)
		}, "row_altered row_state role_grant/" + grant + "/2"},
		"a role that is revived": {func(h *house) {
			h.super("UPDATE role_grant SET ended_by = NULL, valid_until = NULL WHERE id = $1", ended)
		}, "entry_changed role_grant " + ended},
		"a role that is revived, with its state": {func(h *house) {
			h.exec("UPDATE role_grant SET ended_by = NULL, valid_until = NULL WHERE id = $1", ended)
		}, "row_altered row_state role_grant/" + ended + "/3"},
		"a role that is ended": {func(h *house) {
			h.exec("UPDATE role_grant SET ended_by = 'u-admin', valid_until = now() WHERE id = $1", grant)
		}, "entry_unsigned role_grant " + grant},
		"a role that is deleted": {func(h *house) { h.super("DELETE FROM role_grant WHERE id = $1", ended) }, "entry_missing role_grant " + ended},
		"a role that is deleted with its states": {func(h *house) {
			h.super("DELETE FROM role_grant WHERE id = $1", ended)
			h.super("DELETE FROM row_state WHERE key = $1", ended)
		}, "entry_missing row_state role_grant/" + ended + "/1"},
		"a substitution that nobody is on record to have entered": {func(h *house) {
			h.exec(`INSERT INTO substitution (id, person, substitute, roles, area, valid_from, valid_until, last_until, entered_by)
				SELECT $1, person, 'u-evil', roles, area, valid_from, valid_until, last_until, entered_by FROM substitution`, forged)
		}, "entry_unsigned substitution " + forged},
		"a substitution": {func(h *house) { h.super("UPDATE substitution SET substitute = 'u-evil'") }, "entry_changed substitution " + substitute},
		"an absence":     {func(h *house) { h.super("DELETE FROM absence") }, "entry_missing absence " + away},
		"the rule of a curriculum": {func(h *house) {
			h.super(`UPDATE curriculum SET content = content || '{"completion": {}}' WHERE (id, version) = (SELECT id, version FROM curriculum ORDER BY 1, 2 LIMIT 1)`)
		}, "entry_changed curriculum "},
		"a curriculum that nobody published": {func(h *house) {
			h.super(`INSERT INTO curriculum (id, version, content, published_by) SELECT id, 99, content || '{"version": 99}', 'system' FROM curriculum ORDER BY 1, 2 LIMIT 1`)
		}, "entry_unlogged curriculum "},
		"who asked for an erasure": {func(h *house) { h.super("UPDATE erasure_request SET requested_by = 'u-other'") }, "entry_changed erasure_request " + asked},
		"an erasure by one person alone": {func(h *house) {
			h.exec("SELECT set_config('koko.caller', 'u-dpo', false), set_config('koko.area', $1, false)", aachen)
			h.exec("INSERT INTO erasure (document_id, file_id, digest, reason, requested_by, requested_at, approved_by, approved_at, hash) SELECT document_id, file_id, '', reason, requested_by, requested_at, 'u-dpo', now(), '' FROM erasure_request")
		}, "entry_unsigned erasure "},
		"sealed words that are swapped": {func(h *house) { h.super("UPDATE document SET sealed = 'other'") }, "entry_changed document "},
		"a secret that is damaged":      {func(h *house) { h.super("UPDATE document SET secret = sha256('x')") }, "entry_changed document "},
		"search tokens":                 {func(h *house) { h.super("UPDATE document SET tokens = '{1}'") }, "entry_changed document "},
		"an author":                     {func(h *house) { h.super("UPDATE document SET author = 'u-evil'") }, "entry_changed document "},
		"a compartment, with its state": {func(h *house) {
			h.exec("ALTER TABLE document DISABLE TRIGGER keep; ALTER TABLE file_document DROP CONSTRAINT stored; ALTER TABLE document DROP CONSTRAINT document_file_id_compartment_fkey")
			h.exec("UPDATE document SET compartment = 'open'")
		}, "row_altered row_state document/"},
		"a copy that nobody decided on": {func(h *house) {
			h.super("INSERT INTO document SELECT $1::uuid, file_id, ags, action, compartment, author, created, digest, secret, sealed, tokens, confided FROM document LIMIT 1", forged)
		}, "entry_unlogged document " + forged},
		"a key that is deleted":         {func(h *house) { h.super("DELETE FROM data_key") }, "entry_missing data_key "},
		"a key that is replaced":        {func(h *house) { h.super("UPDATE data_key SET wrapped = 'x'") }, "entry_changed data_key "},
		"which decision has a document": {func(h *house) { h.super("UPDATE file_document SET version = 1") }, "entry_changed file_document "},
		"a notice": {func(h *house) {
			h.super("INSERT INTO notification (recipient, ags, kind, file_kind, file_id, version, at) VALUES ('u-x', $1, 'decided', 'case', $2, 1, now())", aachen, h.id)
		}, "entry_unlogged notification "},
		"a session of somebody": {func(h *house) {
			h.super("INSERT INTO sessions (token, data, expiry) VALUES ('t2', 'u-supervisor', now() + interval '1 hour')")
		}, "entry_unlogged sessions t2"},
		"a session of somebody else":  {func(h *house) { h.super("UPDATE sessions SET data = 'u-evil'") }, "entry_changed sessions t1"},
		"a calendar of somebody else": {func(h *house) { h.super("UPDATE calendar_feed SET subject = 'u-other'") }, "entry_changed calendar_feed "},
		"a calendar that is opened": {func(h *house) {
			h.super("INSERT INTO calendar_feed (token_hash, subject) VALUES (sha256('evil'), 'u-supervisor')")
		}, "entry_unlogged calendar_feed "},
		"a certificate": {func(h *house) { h.certify() }, "entry_unlogged certificate x"},
		"a clean check": {func(h *house) {
			h.super("INSERT INTO ledger_check (source, size, findings) VALUES ('check', 1, 0)")
		}, "entry_unlogged ledger_check "},
		"a check that found something": {func(h *house) { h.super("UPDATE ledger_check SET findings = 0") }, "entry_changed ledger_check "},
		"what a witness has seen":      {func(h *house) { h.super("DELETE FROM witness_seen") }, "entry_missing witness_seen "},
		"a checkpoint in between": {func(h *house) {
			h.super("DELETE FROM ledger_cosignature; DELETE FROM ledger_checkpoint WHERE id = (SELECT id FROM ledger_checkpoint ORDER BY id OFFSET 1 LIMIT 1)")
		}, "entry_missing ledger_checkpoint 2"},
		"the last checkpoints": {func(h *house) { h.super("DELETE FROM ledger_cosignature; DELETE FROM ledger_checkpoint WHERE id > 1") }, "entry_missing ledger_checkpoint 3"},
		"a cut over what is young": {func(h *house) {
			h.recent()
			h.super("UPDATE access_log SET at = at - interval '1 year'") // the check knows the time of the leaf
			require.Positive(h.t, h.retain())
		}, "cut access_log " + aachen},
		"a cut by hand over what is young": {func(h *house) {
			seq := h.recent()
			h.exec("INSERT INTO access_log_cut (chain, up_to_seq, up_to_hash, by, reason) SELECT chain, seq, hash, 'x', 'x' FROM access_log WHERE seq = $1", seq)
			h.exec(`INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, subject_id, digest, hash)
				SELECT ags, 1, 'cut/' || chain || '/' || seq, 'cut', 'x', 'cut_access_log', '', 'x', seq, encode(hash, 'hex'), '' FROM access_log WHERE seq = $1`, seq)
			h.exec("DELETE FROM access_log WHERE seq <= $1", seq)
		}, "cut access_log " + aachen},
		"a cut in the future": {func(h *house) {
			seq := h.recent()
			h.super("INSERT INTO access_log_cut (chain, up_to_seq, up_to_hash, at, by, reason) SELECT chain, seq, hash, now() + interval '1 year', 'x', 'x' FROM access_log WHERE seq = $1", seq)
		}, "cut access_log " + aachen},
		"a log that is put back": {func(h *house) {
			h.super("UPDATE access_log SET actor = 'nobody'")
			h.chain()
			h.super("DELETE FROM ledger_checkpoint; DELETE FROM ledger_cosignature; DELETE FROM inner_root; DELETE FROM row_state WHERE tab LIKE 'ledger%'; DELETE FROM ledger_check; DELETE FROM ledger_pending WHERE key LIKE 'ledger%'")
			h.relog()
			h.super("DELETE FROM ledger_pending WHERE tab = 'inner_root' OR key LIKE 'ledger%'")
			h.super("UPDATE access_log SET at = at - interval '10 days' WHERE seq = 1")
		}, "entry_waits access_log " + aachen + "/1"},
		"what was taken out of the log and waits again": {func(h *house) {
			h.super("DELETE FROM ledger_leaf WHERE log = 'inner' AND tab = 'row_state' AND key LIKE 'curriculum%'")
			h.super("INSERT INTO ledger_pending (log, tab, key, hash) SELECT 'inner', 'row_state', tab || '/' || key || '/' || number, hash FROM row_state WHERE tab = 'curriculum'")
		}, "leaf_missing inner leaf"},
		"the schema":                 {func(h *house) { h.exec("ALTER TABLE audit DISABLE ROW LEVEL SECURITY") }, "schema table audit was changed"},
		"the data of a kept run":     {func(h *house) { h.super("UPDATE run_history SET data = $1", zipped("other events")) }, "content run_history case-" + file + "/run-1"},
		"the data of a run, damaged": {func(h *house) { h.super("UPDATE run_history SET data = 'x'") }, "content run_history case-" + file + "/run-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.entrust()
			c.forge(h)
			require.Contains(t, strings.Join(found(h.check()), "\n"), c.want)
		})
	}
}

// recent has entries written that were signed today, and returns the number of the last one.
func (h *house) recent() (seq int) {
	h.t.Helper()
	for _, ago := range []time.Duration{2 * time.Hour, time.Minute} {
		_, err := h.signer.Checkpoint(context.Background(), time.Now().Add(-ago))
		require.NoError(h.t, err)
		h.refuse(1)
	}
	require.NoError(h.t, h.rec.Owner.QueryRow(context.Background(), "SELECT max(seq) - 1 FROM access_log").Scan(&seq))
	return seq
}

// retain cuts as `koko retention` does, over all that is older than half a year.
func (h *house) retain() int64 {
	h.t.Helper()
	d, err := db.Retain(context.Background(), h.rec.URL("koko"), db.Retention{
		AccessLog: time.Now().AddDate(0, -6, 0), Decisions: calendar.DayOf(at), By: "u-officer", Reason: "aufbewahrungsfrist",
	})
	require.NoError(h.t, err)
	return d.Entries
}

func (h *house) certify() {
	h.super(`INSERT INTO certificate (code, number, status_index, file_id, ags, kind, issued, curriculum, curriculum_version, minutes, evidence, reason)
		VALUES ('x', 'KOKO-2026-0001', 0, $1, $2, 'zertifikat', now(), 'c', 1, 1, '', '')`, h.id, aachen)
}
