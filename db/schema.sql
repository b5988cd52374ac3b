WITH house AS (SELECT relowner AS owner FROM pg_class WHERE oid = to_regclass('public.file')),
named AS (
    SELECT r.oid, CASE WHEN r.oid = (SELECT owner FROM house) THEN 'owner' ELSE r.rolname::text END AS name FROM pg_roles r
    UNION ALL SELECT 0, 'public'
),
rel AS (SELECT c.* FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname !~ '^goose_db_version'),
fn AS (
    SELECT p.*, p.proname || '(' || coalesce((SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY a (t, n)), '') || ')' AS signature
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
),
onlys AS ( -- views of one relation: PostgreSQL 15 prints it before each column, later ones do not
    SELECT w.ev_class AS view, min(o.relname) AS only
    FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
    JOIN pg_class o ON o.oid = d.refobjid
    GROUP BY w.ev_class HAVING count(DISTINCT o.oid) = 1
),
acl AS (
    SELECT 'right on ' || r.relname AS object, r.relowner AS owner, a.* FROM rel r CROSS JOIN LATERAL aclexplode(r.relacl) a WHERE r.relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL
    SELECT 'right on column ' || r.relname || '.' || c.attname, r.relowner, a.* FROM rel r JOIN pg_attribute c ON c.attrelid = r.oid CROSS JOIN LATERAL aclexplode(c.attacl) a
    UNION ALL
    SELECT 'right on function ' || f.signature, f.proowner, a.* FROM fn f CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
    UNION ALL
    SELECT 'right on schema', n.nspowner, a.* FROM pg_namespace n CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE n.nspname = 'public'
)
SELECT CASE r.relkind WHEN 'r' THEN 'table ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' WHEN 'S' THEN 'sequence ' ELSE 'relation ' END || r.relname,
    concat_ws('|', r.relkind, r.relpersistence, r.relrowsecurity, r.relforcerowsecurity, (SELECT name FROM named WHERE oid = r.relowner),
        (SELECT string_agg(o, ',' ORDER BY o) FROM unnest(r.reloptions) o WHERE o LIKE 'security%'), 
        CASE WHEN r.relkind IN ('v', 'm') THEN regexp_replace(pg_get_viewdef(r.oid), coalesce((SELECT '\m' || o.only || '\.' FROM onlys o WHERE o.view = r.oid), '$^'), '', 'g') END)
FROM rel r WHERE r.relkind NOT IN ('i', 'I', 'c')
UNION ALL
SELECT 'column ' || r.relname || '.' || a.attname,
    concat_ws('|', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcollation::regcollation, (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = r.oid AND d.adnum = a.attnum))
FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid WHERE r.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint ' || r.relname || '.' || c.conname, concat_ws('|', c.contype, c.condeferrable, c.condeferred, c.convalidated, pg_get_constraintdef(c.oid))
FROM pg_constraint c JOIN rel r ON r.oid = c.conrelid WHERE c.contype <> 'n' -- from PostgreSQL 18 on, NOT NULL is one, too
UNION ALL
SELECT 'unique index ' || r.relname, concat_ws('|', i.indisunique, i.indisvalid, i.indisready, i.indimmediate, pg_get_indexdef(i.indexrelid))
FROM pg_index i JOIN rel r ON r.oid = i.indexrelid WHERE i.indisunique
UNION ALL
SELECT 'index ' || r.relname || ' of expressions', pg_get_indexdef(i.indexrelid) -- what it calls runs with the rights of whoever writes
FROM pg_index i JOIN rel r ON r.oid = i.indexrelid WHERE NOT i.indisunique AND i.indexprs IS NOT NULL
UNION ALL
SELECT 'trigger ' || r.relname || '.' || t.tgname, concat_ws('|', t.tgenabled, t.tgtype, t.tgfoid::regproc, encode(t.tgargs, 'hex'), t.tgattr, pg_get_expr(t.tgqual, t.tgrelid))
FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'keys of ' || r.relname || ' that are not checked', string_agg(DISTINCT t.tgenabled::text, '')
FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE t.tgisinternal AND t.tgenabled <> 'O' GROUP BY r.relname
UNION ALL
SELECT 'rule ' || r.relname || '.' || w.rulename, concat_ws('|', w.ev_type, w.ev_enabled, w.is_instead, pg_get_ruledef(w.oid))
FROM pg_rewrite w JOIN rel r ON r.oid = w.ev_class WHERE r.relkind NOT IN ('v', 'm') OR w.rulename <> '_RETURN'
UNION ALL
SELECT 'policy ' || r.relname || '.' || p.polname, concat_ws('|', p.polcmd, p.polpermissive,
    (SELECT string_agg(n.name, ',' ORDER BY n.name) FROM unnest(p.polroles) o JOIN named n ON n.oid = o), pg_get_expr(p.polqual, p.polrelid), '/', pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN rel r ON r.oid = p.polrelid
UNION ALL
SELECT 'function ' || f.signature, concat_ws('|', (SELECT lanname FROM pg_language WHERE oid = f.prolang), f.prokind, f.prosecdef, f.proleakproof, f.proisstrict, f.proretset,
    f.provolatile, f.proparallel, format_type(f.prorettype, NULL), array_to_string(f.proargnames, ','), array_to_string(f.proconfig, ','), (SELECT name FROM named WHERE oid = f.proowner), f.prosrc, f.probin)
FROM fn f
UNION ALL
SELECT 'type ' || t.typname, concat_ws('|', t.typtype, t.typbasetype::regtype, t.typnotnull) FROM pg_type t
WHERE t.typnamespace = 'public'::regnamespace AND t.typrelid = 0 AND t.typelem = 0
UNION ALL
SELECT a.object || ' of ' || coalesce((SELECT name FROM named WHERE oid = a.grantee), '?'), string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ',' ORDER BY a.privilege_type)
FROM acl a WHERE a.grantee <> a.owner AND a.object NOT LIKE 'right on goose%' GROUP BY a.object, a.grantee
UNION ALL
SELECT 'role ' || r.rolname, concat_ws('|', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls, array_to_string(r.rolconfig, ','))
FROM pg_roles r WHERE r.rolname IN ('koko_api', 'koko_worker')
UNION ALL
SELECT 'membership of ' || m.rolname || ' in ' || g.rolname, a.admin_option::text
FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname IN ('koko_api', 'koko_worker')
UNION ALL
SELECT 'event trigger ' || e.evtname, concat_ws('|', e.evtevent, e.evtenabled, e.evtfoid::regproc) FROM pg_event_trigger e WHERE e.evtenabled <> 'D'
UNION ALL
SELECT 'built-in function ' || p.proname || ' of oid ' || p.oid, p.prosrc FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND (p.oid >= 16384 OR p.proname IN ('sha256', 'encode', 'convert_to', 'concat_ws', 'to_jsonb', 'current_setting', 'pg_get_expr') AND l.lanname NOT IN ('internal', 'c'))
UNION ALL
SELECT 'setting ' || k.setting, 'of ' || coalesce((SELECT name FROM named WHERE oid = s.setrole AND s.setrole <> 0), 'all')
FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) k (setting)
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AND k.setting ~ '^(session_replication_role|row_security|search_path|koko\.)'
    AND (s.setrole = 0 OR s.setrole IN (SELECT oid FROM pg_roles WHERE rolname IN ('koko_api', 'koko_worker')))
ORDER BY 1, 2
