package app

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/calendar"
	"koko/internal/dbtest"
	"koko/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	steeringReads = "p, steering, read_case_file, any, -\n"
	adminGives    = "p, admin, give_grant, any, -\n"
)

// shown is the policy of this build.
func shown(t *testing.T) string {
	t.Helper()
	out, err := koko(t, nil, "policy", "show")
	require.NoError(t, err)
	require.Contains(t, out, steeringReads)
	require.Contains(t, out, adminGives)
	return out
}

// draft is the policy, in which the steering group reads no more files, but who is behind an actor.
func draft(t *testing.T) string {
	t.Helper()
	changed := strings.Replace(shown(t), steeringReads, "p, steering, read_identities, any, -\n", 1)
	changed = strings.Replace(changed, adminGives, "", 1) + "p, dpo, give_grant, any, -\n"
	file := filepath.Join(t.TempDir(), "draft.csv")
	require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))
	return file
}

func logged(day time.Time) []db.DecisionLog {
	row := func(days int, subject, act, role, rule, place string, relations ...string) db.DecisionLog {
		held := role
		if rule == "role" {
			held, role = role, ""
		}
		return db.DecisionLog{
			Day: day.AddDate(0, 0, -days), Subject: subject, Act: act, AGS: place, Roles: []string{held}, Offered: []string{},
			Relations: append([]string{}, relations...), Allowed: role != "", Role: role, Rule: rule, Count: int64(days + 1),
		}
	}
	return []db.DecisionLog{
		row(9, "u1", "read_case_file", "steering", "steering, read_case_file, any, -", "05999001"),
		row(3, "u2", "read_case_file", "steering", "steering, read_case_file, any, -", "05999002"),
		row(1, "u2", "read_case_file", "steering", "steering, read_case_file, any, -", "05999002", "unhanded"),
		row(4, "u2", "read_case", "steering", "steering, read_case, any, -", "05999002"),
		row(2, "u1", "read_identities", "steering", "role", "05999001", "reporter", "unhanded"),
		row(2, "u3", "give_grant", "admin", "admin, give_grant, any, -", ""),
		row(5, "u4", "give_grant", "dpo", "role", ""),
	}
}

func TestARehearsalIsPrintedAsItWasReviewed(t *testing.T) {
	text, err := os.ReadFile(draft(t))
	require.NoError(t, err)
	p, err := policies.LoadFrom(string(text))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, newRehearsal(p, logged(time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)), 30).print(&b, false))
	if *update {
		require.NoError(t, os.WriteFile("testdata/rehearsal.txt", b.Bytes(), 0o644))
	}
	want, err := os.ReadFile("testdata/rehearsal.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), b.String())
}

func TestARehearsalFailsIfAnythingFlips(t *testing.T) {
	r := dbtest.New(t)
	env := map[string]string{"KOKO_DATABASE_URL": r.URL("koko"), "KOKO_LOG_LEVEL": "error"}
	var rows []map[string]any
	for _, l := range logged(calendar.DayOf(time.Now()).Date()) {
		rows = append(rows, map[string]any{
			"day": calendar.DayOf(l.Day).String(), "subject": l.Subject, "act": l.Act, "ags": l.AGS, "roles": l.Roles, "offered": l.Offered,
			"relations": l.Relations, "allowed": l.Allowed, "role": l.Role, "rule": l.Rule, "count": l.Count,
		})
	}
	noted, err := json.Marshal(rows)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, db.On(r.API).NoteDecisions(context.Background(), noted))
	}

	same := filepath.Join(t.TempDir(), "same.csv")
	require.NoError(t, os.WriteFile(same, []byte(shown(t)), 0o600))
	out, err := koko(t, env, "policy", "rehearse", same)
	require.NoError(t, err)
	require.Equal(t, "66 decisions in 30 days, 0 would flip\n", out)
	out, err = koko(t, env, "policy", "rehearse", draft(t))
	require.ErrorContains(t, err, "56 of 66 decisions would flip")
	require.Contains(t, out, "allowed -> refused")
	out, err = koko(t, env, "policy", "rehearse", draft(t), "--allow-flips", "--json", "--days", "3")
	require.NoError(t, err)
	var got rehearsal
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.EqualValues(t, 3, got.Days)
	require.EqualValues(t, 24, got.Decisions)
	require.Len(t, got.Flips, 4)

	broken := filepath.Join(t.TempDir(), "broken.csv")
	require.NoError(t, os.WriteFile(broken, []byte("\n\np, root, read_case, any, -\n"), 0o600))
	_, err = koko(t, env, "policy", "rehearse", broken)
	require.ErrorContains(t, err, "broken.csv: policy line 3,")
	_, err = koko(t, env, "policy", "rehearse", draft(t), "--days", "91")
	require.ErrorContains(t, err, "1 to 90")
	_, err = koko(t, nil, "policy", "rehearse", broken)
	require.ErrorContains(t, err, "KOKO_DATABASE_URL")
}

func TestRetentionDeletesWhatIsOld(t *testing.T) {
	r := dbtest.New(t)
	ctx := context.Background()
	for _, id := range []string{"1", "2"} {
		require.NoError(t, db.On(r.API).AppendAccess(ctx, db.AppendAccessParams{AGS: "05999001", ID: id, Kind: "read"}))
	}
	_, err := r.Owner.Exec(ctx, `INSERT INTO decision_log VALUES (current_date - 91, 'u', 'a', '', '{}', '{}', '{}', true, '', '', 1), (current_date - 89, 'u', 'a', '', '{}', '{}', '{}', true, '', '', 1);
		ALTER TABLE access_log DISABLE TRIGGER keep; UPDATE access_log SET at = at - interval '31 days' WHERE id = '1';
		UPDATE access_log SET hash = access_log_hash(access_log) WHERE id = '1';
		UPDATE access_log SET prior_hash = (SELECT hash FROM access_log WHERE id = '1') WHERE id = '2';
		UPDATE access_log SET hash = access_log_hash(access_log) WHERE id = '2'; ALTER TABLE access_log ENABLE TRIGGER keep`)
	require.NoError(t, err)
	env := map[string]string{"KOKO_DATABASE_URL": r.URL("koko"), "KOKO_LOG_LEVEL": "error"}
	_, err = koko(t, env, "retention")
	require.ErrorContains(t, err, "by")
	out, err := koko(t, env, "retention", "--by", "u-officer")
	require.NoError(t, err)
	require.Equal(t, "access log: 0 entries older than 730 days deleted from 0 chains\ndecisions: 1 counts older than 90 days deleted\n", out)
	env["KOKO_ACCESS_LOG_RETENTION"] = "30"
	out, err = koko(t, env, "retention", "--by", "u-officer")
	require.NoError(t, err)
	require.Equal(t, "access log: 1 entries older than 30 days deleted from 1 chains\ndecisions: 0 counts older than 90 days deleted\n", out)
	broken, err := db.On(r.Owner).ListBrokenAudit(ctx, 10)
	require.NoError(t, err)
	require.Empty(t, broken)
}
