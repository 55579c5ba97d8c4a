-- Published rows may be sealed again under a newer key, and in no other way be changed. The argument is what a row
-- that was written in clear holds once it is sealed.

CREATE FUNCTION refuse_change_but_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sealed IS NOT NULL AND (CASE
        WHEN OLD.sealed IS NULL
            THEN to_jsonb(NEW) - 'sealed' = (to_jsonb(OLD) - 'sealed') || TG_ARGV[0]::JSONB
        ELSE to_jsonb(NEW) - 'sealed' = to_jsonb(OLD) - 'sealed'
            AND substr(NEW.sealed, 2, 4) > substr(OLD.sealed, 2, 4)
    END) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% never changes', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

DROP TRIGGER documents_refuse_change ON documents;
CREATE TRIGGER documents_refuse_delete BEFORE DELETE ON documents
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER documents_refuse_update BEFORE UPDATE ON documents
    FOR EACH ROW EXECUTE FUNCTION refuse_change_but_seal('{"content": ""}');

DROP TRIGGER versions_refuse_change ON versions;
CREATE TRIGGER versions_refuse_delete BEFORE DELETE ON versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER versions_refuse_update BEFORE UPDATE ON versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change_but_seal('{"interface": {}, "reasons": []}');

-- Content stands in the index as tokens. A prompt without a row is indexed when the server starts.
DELETE FROM search_index;
