-- Folders that Baton has subscribed, so that agents' clients show them: once each. Who unsubscribes one later is left alone.
CREATE TABLE subscription (
    mailbox_id bigint NOT NULL REFERENCES mailbox,
    raw_name   bytea NOT NULL,                    -- exactly as listed
    asked_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mailbox_id, raw_name)
);
