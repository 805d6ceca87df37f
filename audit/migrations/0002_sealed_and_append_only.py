"""Triggers that make the log append-only and seal each event into the chain at commit.

The canonical form is described in audit/domain/chain.py, which recomputes it independently.
The refusing triggers are ENABLE ALWAYS, so that session_replication_role does not switch them off.
"""

from django.db import migrations

CREATE = r"""
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    RAISE EXCEPTION '% on % is refused: the audit log is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$function$;

CREATE FUNCTION audit_refuse_foreign_link() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    -- depth 1 is this trigger under a plain INSERT; the sealing trigger's INSERT is deeper
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'INSERT on % is refused: only the sealing trigger writes links', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$function$;

CREATE FUNCTION audit_netstring(content text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS $function$
    SELECT convert_to(octet_length(convert_to(content, 'UTF8'))::text || ':' || content || ',', 'UTF8')
$function$;

CREATE FUNCTION audit_instant(instant timestamptz) RETURNS text LANGUAGE sql STABLE STRICT AS $function$
    SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$function$;

CREATE FUNCTION audit_seal_event() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $function$
DECLARE
    head_seq bigint;
    head_hash bytea;
BEGIN
    -- A snapshot older than the lock would not show the newest link.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'audit events need the isolation level READ COMMITTED'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    PERFORM pg_advisory_xact_lock(7021954316025381907);
    SELECT seq, hash INTO head_seq, head_hash FROM audit_link ORDER BY seq DESC LIMIT 1;
    IF NOT FOUND THEN
        head_seq := 0;
        head_hash := decode(repeat('00', 32), 'hex');
    END IF;
    INSERT INTO audit_link (seq, event_id, prev_hash, hash) VALUES (
        head_seq + 1,
        NEW.id,
        head_hash,
        sha256(
            head_hash
            || audit_netstring((head_seq + 1)::text)
            || audit_netstring(NEW.id::text)
            || audit_netstring(audit_instant(NEW.at))
            || audit_netstring(NEW.actor_kind)
            || audit_netstring(NEW.actor_ref)
            || audit_netstring(NEW.verb)
            || audit_netstring(NEW.object_kind)
            || audit_netstring(NEW.object_id)
            || audit_netstring(NEW.data::text)
            || audit_netstring(audit_instant(NEW.recorded_at))
        )
    );
    RETURN NULL;
END
$function$;

CREATE CONSTRAINT TRIGGER audit_event_sealed AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_seal_event();
CREATE TRIGGER audit_link_sealed_only BEFORE INSERT ON audit_link
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_foreign_link();

CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_link_no_change BEFORE UPDATE OR DELETE ON audit_link
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_link_no_truncate BEFORE TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_no_change;
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_no_change;
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_no_truncate;
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_no_truncate;
"""

DROP = r"""
DROP TRIGGER audit_link_no_truncate ON audit_link;
DROP TRIGGER audit_event_no_truncate ON audit_event;
DROP TRIGGER audit_link_no_change ON audit_link;
DROP TRIGGER audit_event_no_change ON audit_event;
DROP TRIGGER audit_link_sealed_only ON audit_link;
DROP TRIGGER audit_event_sealed ON audit_event;
DROP FUNCTION audit_seal_event();
DROP FUNCTION audit_instant(timestamptz);
DROP FUNCTION audit_netstring(text);
DROP FUNCTION audit_refuse_foreign_link();
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_event_and_link")]

    operations = [migrations.RunSQL(CREATE, reverse_sql=DROP)]
