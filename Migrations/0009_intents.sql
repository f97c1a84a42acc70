-- Each intent was looked up in its message's row by a foreign key, which locked that row. Who opens an intent has read the message
-- before, and nothing removes messages. What is left to guard is the other side, which is asked only when a message goes.
ALTER TABLE intent DROP CONSTRAINT intent_mailbox_id_message_id_fkey;

CREATE FUNCTION refuse_used_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM intent WHERE mailbox_id = OLD.mailbox_id AND message_id = OLD.id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'message ' || OLD.id || ' still has intents';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER message_is_used AFTER DELETE OR UPDATE OF mailbox_id, id ON message
    FOR EACH ROW EXECUTE FUNCTION refuse_used_message();
