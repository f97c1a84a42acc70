-- Every row that filing writes was looked up in the mailbox's row by a foreign key, five times for each mail of an import. Whoever
-- writes them keeps the mailbox's lease, which refers to the mailbox, or a ticket of it; and a turn is of a ticket, whose queue is
-- looked up. What is left to guard is the other side, which is asked only when a mailbox or a queue goes.
ALTER TABLE content DROP CONSTRAINT content_mailbox_id_fkey;
ALTER TABLE ticket_number DROP CONSTRAINT ticket_number_mailbox_id_fkey;
ALTER TABLE contact DROP CONSTRAINT contact_mailbox_id_fkey;
ALTER TABLE ticket DROP CONSTRAINT ticket_mailbox_id_fkey;
ALTER TABLE message DROP CONSTRAINT message_mailbox_id_fkey;
ALTER TABLE turn DROP CONSTRAINT turn_queue_id_fkey;

CREATE FUNCTION refuse_used_mailbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM content WHERE mailbox_id = OLD.id) OR EXISTS (SELECT FROM message WHERE mailbox_id = OLD.id)
        OR EXISTS (SELECT FROM ticket WHERE mailbox_id = OLD.id) OR EXISTS (SELECT FROM contact WHERE mailbox_id = OLD.id)
        OR EXISTS (SELECT FROM ticket_number WHERE mailbox_id = OLD.id)
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'mailbox ' || OLD.id || ' still has mail or tickets';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_used_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM turn WHERE queue_id = OLD.id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'queue ' || OLD.id || ' still has turns';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER mailbox_is_used AFTER DELETE OR UPDATE OF id ON mailbox
    FOR EACH ROW EXECUTE FUNCTION refuse_used_mailbox();
CREATE TRIGGER queue_is_used AFTER DELETE OR UPDATE OF id ON queue
    FOR EACH ROW EXECUTE FUNCTION refuse_used_queue();
