"""What the database itself holds the ledger to, whoever writes."""

from django.db import migrations

CURRENCIES_AGREE = """
ALTER TABLE monetization_ledgeraccount ADD CONSTRAINT ledger_account_and_currency UNIQUE (id, currency);
ALTER TABLE monetization_ledgerline ADD CONSTRAINT ledger_line_in_its_accounts_currency
    FOREIGN KEY (account_id, currency) REFERENCES monetization_ledgeraccount (id, currency);
"""
# An entry is whole at commit: as many lines as it says, which sum to zero in each currency. So nothing is added later.
ENTRIES_ARE_WHOLE = """
CREATE FUNCTION ledger_entry_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint := CASE TG_TABLE_NAME WHEN 'monetization_ledgerentry' THEN NEW.id ELSE NULL END;
    wanted integer;
    found integer;
BEGIN
    IF checked IS NULL THEN
        checked := NEW.entry_id;
    END IF;
    SELECT line_count INTO wanted FROM monetization_ledgerentry WHERE id = checked;
    SELECT count(*) INTO found FROM monetization_ledgerline WHERE entry_id = checked;
    IF found <> wanted OR found < 2 THEN
        RAISE EXCEPTION 'ledger entry % says % lines and has %', checked, wanted, found USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM monetization_ledgerline WHERE entry_id = checked GROUP BY currency HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger entry % does not balance', checked USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_is_whole AFTER INSERT ON monetization_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_whole();
CREATE CONSTRAINT TRIGGER ledger_line_keeps_entry_whole AFTER INSERT ON monetization_ledgerline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_whole();
"""
APPEND_ONLY = """
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: post an entry that reverses' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON monetization_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER ledger_line_append_only BEFORE UPDATE OR DELETE ON monetization_ledgerline
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
"""
# A balance is what the lines make of it, and moves with them alone.
BALANCES = """
CREATE FUNCTION ledger_line_moves_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE monetization_ledgeraccount SET balance_minor = balance_minor + NEW.amount_minor
        WHERE id = NEW.account_id AND keeps_balance;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_line_moves_balance AFTER INSERT ON monetization_ledgerline
    FOR EACH ROW EXECUTE FUNCTION ledger_line_moves_balance();
CREATE FUNCTION ledger_account_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.balance_minor = 0 THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
        AND (NEW.id, NEW.kind, NEW.reference, NEW.currency, NEW.keeps_balance)
            = (OLD.id, OLD.kind, OLD.reference, OLD.currency, OLD.keeps_balance)
        AND NEW.owner_id IS NOT DISTINCT FROM OLD.owner_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ledger accounts change with their lines alone' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER ledger_account_is_kept BEFORE INSERT OR UPDATE OR DELETE ON monetization_ledgeraccount
    FOR EACH ROW EXECUTE FUNCTION ledger_account_is_kept();
"""
UNDO = """
DROP TRIGGER ledger_account_is_kept ON monetization_ledgeraccount;
DROP TRIGGER ledger_line_moves_balance ON monetization_ledgerline;
DROP TRIGGER ledger_line_append_only ON monetization_ledgerline;
DROP TRIGGER ledger_entry_append_only ON monetization_ledgerentry;
DROP TRIGGER ledger_line_keeps_entry_whole ON monetization_ledgerline;
DROP TRIGGER ledger_entry_is_whole ON monetization_ledgerentry;
DROP FUNCTION ledger_account_is_kept, ledger_line_moves_balance, ledger_is_append_only, ledger_entry_is_whole;
ALTER TABLE monetization_ledgerline DROP CONSTRAINT ledger_line_in_its_accounts_currency;
ALTER TABLE monetization_ledgeraccount DROP CONSTRAINT ledger_account_and_currency;
"""


class Migration(migrations.Migration):
    dependencies = [("monetization", "0002_ledger")]
    operations = [
        migrations.RunSQL(CURRENCIES_AGREE + ENTRIES_ARE_WHOLE + APPEND_ONLY + BALANCES, UNDO),
    ]
