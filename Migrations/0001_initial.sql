-- Baton's first schema. Everything that belongs to one mailbox carries mailbox_id first in every key, so that a
-- mailbox can be moved or distributed as a whole; agents, queues and their members are small and could be copied anywhere.
-- Racing decisions are single guarded statements in DeskStore; nothing here decides.

-- ---------------------------------------------------------------------------------------------- people and queues

CREATE TABLE agent (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handle      text NOT NULL UNIQUE CHECK (handle ~ '^[a-z][a-z0-9-]{0,31}$'),
    name        text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);

-- Compared as Desk does: exact local part, lower-case domain, ASCII letters folded (address_key).
CREATE TABLE agent_address (
    address_key text PRIMARY KEY,
    address     text NOT NULL,
    agent_id    bigint NOT NULL REFERENCES agent
);
CREATE INDEX agent_address_agent ON agent_address (agent_id);

CREATE TABLE queue (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{0,31}$'),
    after_answer text NOT NULL DEFAULT 'pending' CHECK (after_answer IN ('pending', 'open', 'closed')),
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE queue_member (
    queue_id bigint NOT NULL REFERENCES queue,
    agent_id bigint NOT NULL REFERENCES agent,
    PRIMARY KEY (queue_id, agent_id)
);

-- -------------------------------------------------------------------------------------------------------- mailbox

CREATE TABLE mailbox (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name              text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{0,31}$'),
    address           text NOT NULL,
    address_key       text NOT NULL,
    server            text NOT NULL,              -- imaps://host:port or imap://host:port, never with a password
    plaintext         boolean NOT NULL DEFAULT false,
    ca_file           text,
    username          text NOT NULL,
    password_file     text,                       -- the path, never the content
    password_variable text,                       -- or the name of an environment variable
    queue_id          bigint NOT NULL REFERENCES queue,
    layout            text CHECK (layout IN ('folders', 'keywords', 'both')),   -- NULL: observe-only
    breaker           integer NOT NULL DEFAULT 20 CHECK (breaker >= 0),         -- tickets; 0 = off
    linger_seconds    bigint NOT NULL DEFAULT 600 CHECK (linger_seconds >= 0),
    marks_reach_seconds bigint NOT NULL DEFAULT 7776000 CHECK (marks_reach_seconds >= 0),
    on_delete         text NOT NULL DEFAULT 'close' CHECK (on_delete IN ('close', 'keep')),
    authserv_id       text,
    agents_folder     text NOT NULL DEFAULT 'Agents',
    closed_folder     text NOT NULL DEFAULT 'Closed',
    paused_at         timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    -- The numbers that order observations and intents (architecture.md, "Who writes what").
    sequence          bigint NOT NULL DEFAULT 0,
    complete_sync     bigint NOT NULL DEFAULT 0,  -- the number at the start of the last complete synchronisation
    complete_sync_at  timestamptz,                -- when that synchronisation began
    adopted_at        timestamptz,                -- when the first import was filed to its end
    -- During a first import only mail that arrived up to here may be filed; everything earlier has been fetched.
    filing_horizon    timestamptz DEFAULT '-infinity',
    last_error        text,
    last_error_at     timestamptz
);

CREATE TABLE folder (
    mailbox_id    bigint NOT NULL REFERENCES mailbox,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    raw_name      bytea NOT NULL,                 -- exactly as listed, echoed on the wire
    name          text NOT NULL,                  -- decoded, for people
    delimiter     text,
    role          text NOT NULL,                  -- inbox, agent, closed, archive, junk, trash, sent, drafts, all, other
    agent_id      bigint REFERENCES agent,        -- of role agent
    epoch         integer NOT NULL DEFAULT 0,     -- ours: raised at each accepted UIDVALIDITY change
    uidvalidity   bigint NOT NULL DEFAULT 0,
    uidnext       bigint NOT NULL DEFAULT 0,      -- everything below is in the ledger
    highestmodseq bigint NOT NULL DEFAULT 0,      -- committed watermark; 0 = none
    messages      bigint NOT NULL DEFAULT 0,      -- EXISTS when the cursor was committed
    keywords_allowed boolean,                     -- as the mark writer's SELECT said; NULL: never asked (EXAMINE does not say)
    phase         text NOT NULL DEFAULT 'new' CHECK (phase IN ('new', 'backfill', 'live', 'rematch', 'missing')),
    full_at       timestamptz,                    -- the last complete enumeration
    created_by_us boolean NOT NULL DEFAULT false,
    PRIMARY KEY (mailbox_id, id)
);
CREATE UNIQUE INDEX folder_raw_name ON folder (mailbox_id, raw_name);

CREATE TABLE folder_epoch (
    mailbox_id  bigint NOT NULL,
    folder_id   bigint NOT NULL,
    epoch       integer NOT NULL,
    uidvalidity bigint NOT NULL,
    began_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mailbox_id, folder_id, epoch),
    FOREIGN KEY (mailbox_id, folder_id) REFERENCES folder
);

-- ------------------------------------------------------------------------------------------------ ledger, content

CREATE SEQUENCE placement_number;

CREATE TABLE placement (
    mailbox_id    bigint NOT NULL,
    folder_id     bigint NOT NULL,
    epoch         integer NOT NULL,
    uid           bigint NOT NULL,
    number        bigint NOT NULL DEFAULT nextval('placement_number'),   -- the ledger number: order of first sight
    digest        bytea CHECK (octet_length(digest) = 32),               -- SHA-256 of BODY[]; NULL only while the server gives no body
    fate          text NOT NULL DEFAULT 'fetched'
                  CHECK (fate IN ('fetched', 'ticket', 'reply', 'duplicate', 'muted', 'ignored', 'quarantined')),
    reason        text,
    attempts      smallint NOT NULL DEFAULT 0,
    flags         text[] NOT NULL DEFAULT '{}',
    modseq        bigint,
    observed      bigint NOT NULL DEFAULT 0,      -- the mailbox's number read before the command that showed these flags
    written       bigint NOT NULL DEFAULT 0,      -- the number under which the mark writer put it here
    internal_date timestamptz,
    seen_at       timestamptz NOT NULL DEFAULT now(),
    presumed      boolean NOT NULL DEFAULT false,
    imported      boolean NOT NULL DEFAULT false, -- came with the first import
    gone_at       timestamptz,
    gone_why      text CHECK ((gone_at IS NULL) = (gone_why IS NULL)),
    gone_number   bigint,                         -- the mailbox's number when its absence was seen
    PRIMARY KEY (mailbox_id, folder_id, epoch, uid),
    FOREIGN KEY (mailbox_id, folder_id, epoch) REFERENCES folder_epoch
) WITH (fillfactor = 80);
CREATE INDEX placement_digest ON placement (mailbox_id, digest);
CREATE INDEX placement_unfiled ON placement (mailbox_id, internal_date, number) WHERE fate = 'fetched';

CREATE TABLE content (
    mailbox_id bigint NOT NULL REFERENCES mailbox,
    id         bigint GENERATED ALWAYS AS IDENTITY,
    digest     bytea CHECK (octet_length(digest) = 32),  -- last, with complete
    size       bigint NOT NULL DEFAULT 0,                -- bytes kept
    body       bytea,                                    -- up to 256 KiB; above: content_chunk
    complete   boolean NOT NULL DEFAULT false,
    note       text,                                     -- why it is not the whole mail
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mailbox_id, id),
    CHECK (complete = (digest IS NOT NULL))
);
-- pglz, the default, is what makes the insert slow.
ALTER TABLE content ALTER COLUMN body SET COMPRESSION lz4;
CREATE UNIQUE INDEX content_digest ON content (mailbox_id, digest) WHERE complete;
CREATE INDEX content_incomplete ON content (mailbox_id, created_at) WHERE NOT complete;

CREATE TABLE content_chunk (
    mailbox_id bigint NOT NULL,
    content_id bigint NOT NULL,
    ordinal    integer NOT NULL,
    bytes      bytea NOT NULL,
    PRIMARY KEY (mailbox_id, content_id, ordinal),
    FOREIGN KEY (mailbox_id, content_id) REFERENCES content ON DELETE CASCADE
);
ALTER TABLE content_chunk ALTER COLUMN bytes SET COMPRESSION lz4;

-- --------------------------------------------------------------------------------------------------------- ticket

-- Numbers are drawn one after the other under an advisory lock that ends with the transaction, so that a crash leaves
-- no gap for people to wonder about.
CREATE TABLE ticket_number (
    number     bigint PRIMARY KEY,
    mailbox_id bigint NOT NULL REFERENCES mailbox
);

CREATE TABLE contact (
    mailbox_id  bigint NOT NULL REFERENCES mailbox,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    address_key text NOT NULL,
    address     text NOT NULL,
    name        text,
    PRIMARY KEY (mailbox_id, id)
);
CREATE UNIQUE INDEX contact_address ON contact (mailbox_id, address_key);

CREATE TABLE ticket (
    mailbox_id  bigint NOT NULL REFERENCES mailbox,
    number      bigint NOT NULL,
    queue_id    bigint NOT NULL REFERENCES queue,
    owner_id    bigint REFERENCES agent,
    status      text NOT NULL CHECK (status IN ('open', 'pending', 'closed', 'spam')),
    priority    text NOT NULL DEFAULT 'normal' CHECK (priority IN ('normal', 'high')),
    snoozed_until timestamptz,
    version     bigint NOT NULL,                  -- the number of its events
    status_changed_at timestamptz NOT NULL,       -- time of the event that set the status
    subject     text NOT NULL DEFAULT '',
    contact_id  bigint,
    created_at  timestamptz NOT NULL,             -- arrival of its first message
    updated_at  timestamptz NOT NULL,             -- time of its last event
    last_contact_at timestamptz,                  -- arrival of the newest human message of a contact, and that message
    last_contact_message bigint,
    seen_at     timestamptz,                      -- the newest contact message that whoever set pending or closed could see
    seen_message bigint,
    status_before_deletion text CHECK (status_before_deletion IN ('open', 'pending', 'closed', 'spam')),
    person_command bigint,                        -- the mailbox's number drawn by the last command of a person
    claims      bigint,                           -- the ticket it says it belongs to, without being let in
    adopted     boolean NOT NULL DEFAULT false,   -- made by a first import
    changed_since_adoption boolean NOT NULL DEFAULT false,
    PRIMARY KEY (mailbox_id, number),
    FOREIGN KEY (mailbox_id, contact_id) REFERENCES contact
);
CREATE INDEX ticket_owner ON ticket (mailbox_id, owner_id) WHERE status IN ('open', 'pending');
CREATE INDEX ticket_status ON ticket (mailbox_id, status, updated_at);

-- Append-only; every ticket and turn row is a fold of these.
CREATE TABLE event (
    mailbox_id  bigint NOT NULL,
    ticket      bigint NOT NULL,
    seq         bigint NOT NULL,
    at          timestamptz NOT NULL,             -- when it happened
    recorded_at timestamptz NOT NULL DEFAULT now(),
    kind        text NOT NULL,
    actor       text NOT NULL,
    origin      text NOT NULL,
    agent_id    bigint REFERENCES agent,          -- the agent it is about: new owner, responder
    presumed    boolean NOT NULL DEFAULT false,
    message_id  bigint,
    details     jsonb NOT NULL DEFAULT '{}',      -- ids only
    PRIMARY KEY (mailbox_id, ticket, seq),
    FOREIGN KEY (mailbox_id, ticket) REFERENCES ticket
);
CREATE INDEX event_at ON event (mailbox_id, at);

CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed';
END;
$$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION event_is_append_only();

-- Written by Desk/ResponseTime in the transaction of the event, never by hand.
CREATE TABLE turn (
    mailbox_id   bigint NOT NULL,
    ticket       bigint NOT NULL,
    ordinal      integer NOT NULL,
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    outcome      text NOT NULL CHECK (outcome IN
                 ('waiting', 'answered', 'answered_unseen', 'closed', 'spam', 'merged')),
    responder_id bigint REFERENCES agent,
    presumed     boolean NOT NULL DEFAULT false,
    is_first     boolean NOT NULL DEFAULT false,
    queue_id     bigint REFERENCES queue,
    PRIMARY KEY (mailbox_id, ticket, ordinal),
    FOREIGN KEY (mailbox_id, ticket) REFERENCES ticket,
    CHECK ((ended_at IS NULL) = (outcome = 'waiting'))
);
CREATE INDEX turn_ended ON turn (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX turn_waiting ON turn (started_at) WHERE ended_at IS NULL;

CREATE TABLE participant (
    mailbox_id  bigint NOT NULL,
    ticket      bigint NOT NULL,
    address_key text NOT NULL,
    is_contact  boolean NOT NULL DEFAULT false,   -- wrote inbound mail on it
    PRIMARY KEY (mailbox_id, ticket, address_key),
    FOREIGN KEY (mailbox_id, ticket) REFERENCES ticket
);

-- --------------------------------------------------------------------------------------------------------- message

CREATE TABLE message (
    mailbox_id  bigint NOT NULL REFERENCES mailbox,
    id          bigint GENERATED ALWAYS AS IDENTITY,
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),
    ticket      bigint,
    direction   text NOT NULL CHECK (direction IN ('inbound', 'outbound', 'internal')),
    kind        text NOT NULL CHECK (kind IN ('human', 'automatic', 'bounce', 'receipt')),
    fate        text NOT NULL,                    -- that of the placement it was filed from
    verified    boolean NOT NULL DEFAULT true,    -- false: claims to be us, unverified
    message_id  text,                             -- with angle brackets, as in the header
    subject     text NOT NULL DEFAULT '',
    from_key    text,
    from_text   text NOT NULL DEFAULT '',         -- name and address as written
    to_text     text NOT NULL DEFAULT '',
    text        text NOT NULL DEFAULT '',
    text_is_cut boolean NOT NULL DEFAULT false,
    received_at timestamptz NOT NULL,             -- the server's INTERNALDATE, by the rule of product.md
    sent_at     timestamptz,                      -- the Date field; display and, bounded, an answer's time
    responder_id bigint REFERENCES agent,
    presumed    boolean NOT NULL DEFAULT false,   -- the responder is only presumed
    evidence    text,                             -- why it is on this ticket
    answered    boolean NOT NULL DEFAULT false,   -- an answer of ours names it
    lies_in_junk boolean NOT NULL DEFAULT false,
    filed_at    timestamptz NOT NULL DEFAULT now(),
    -- Marks. Settled is what both sides last agreed on; see Desk/Marks.
    first_folder_id  bigint,                      -- where it was first seen, for restore
    adopted          boolean NOT NULL DEFAULT false,
    in_reach         boolean NOT NULL DEFAULT false,  -- Baton wrote it or an agent moved it since adoption
    muted_in_junk    boolean NOT NULL DEFAULT false,
    settled          text,
    settled_placement bigint,                     -- the ledger number of the placement it was read from
    settled_is_gone  boolean NOT NULL DEFAULT false,
    settled_number   bigint NOT NULL DEFAULT 0,   -- the mailbox's number at the time of agreement
    closed_number    bigint NOT NULL DEFAULT 0,   -- the number of its last closed intent
    unconfirmed      boolean NOT NULL DEFAULT false,  -- written, and not yet observed since
    linger_until     timestamptz,
    touched          bigint,                      -- set when something may be due; the mark writer clears what it read
    look_at          timestamptz,                 -- look again then
    await_sync       bigint,                      -- look again after a complete synchronisation that began at or after this number
    PRIMARY KEY (mailbox_id, id),
    FOREIGN KEY (mailbox_id, ticket) REFERENCES ticket
) WITH (fillfactor = 85);
ALTER TABLE message ALTER COLUMN text SET COMPRESSION lz4;
CREATE UNIQUE INDEX message_digest ON message (mailbox_id, digest);
CREATE INDEX message_ticket ON message (mailbox_id, ticket, received_at);
CREATE INDEX message_touched ON message (mailbox_id, touched) WHERE touched IS NOT NULL;
CREATE INDEX message_unconfirmed ON message (mailbox_id) WHERE unconfirmed;
CREATE INDEX message_look_at ON message (mailbox_id, look_at) WHERE look_at IS NOT NULL;
CREATE INDEX message_await_sync ON message (mailbox_id, await_sync) WHERE await_sync IS NOT NULL;

CREATE SEQUENCE touch_number;

-- Which ticket an id belongs to: the SHA-256 of the id of each message on it and of every id those name.
CREATE TABLE thread_key (
    mailbox_id bigint NOT NULL,
    digest     bytea NOT NULL,
    ticket     bigint NOT NULL,
    message_id bigint,                            -- the message that has this id; NULL while only named
    PRIMARY KEY (mailbox_id, digest, ticket),
    FOREIGN KEY (mailbox_id, ticket) REFERENCES ticket
);

CREATE TABLE note (
    mailbox_id bigint NOT NULL,
    id         bigint GENERATED ALWAYS AS IDENTITY,
    ticket     bigint NOT NULL,
    agent_id   bigint REFERENCES agent,
    at         timestamptz NOT NULL DEFAULT now(),
    text       text NOT NULL,
    PRIMARY KEY (mailbox_id, id),
    FOREIGN KEY (mailbox_id, ticket) REFERENCES ticket
);

-- ----------------------------------------------------------------------------------------------------- write-back

-- The marks Baton is about to write, recorded before it writes them.
CREATE TABLE intent (
    mailbox_id bigint NOT NULL,
    id         bigint GENERATED ALWAYS AS IDENTITY,
    message_id bigint NOT NULL,
    opened     bigint NOT NULL,                   -- its number in the mailbox's sequence
    closed     bigint,                            -- the number of its end
    folder_id  bigint NOT NULL,
    epoch      integer NOT NULL,
    uid        bigint NOT NULL,
    destination_id bigint,                        -- folder of the move, if any
    target     text NOT NULL,                     -- the marks it leads to
    fields     smallint NOT NULL,                 -- which of them it changes
    adds       text[] NOT NULL DEFAULT '{}',
    removes    text[] NOT NULL DEFAULT '{}',
    outcome    text CHECK (outcome IN ('confirmed', 'refused', 'not executed', 'recovered', 'dropped')),
    reason     text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mailbox_id, id),
    FOREIGN KEY (mailbox_id, message_id) REFERENCES message,
    CHECK ((closed IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX intent_open ON intent (mailbox_id, message_id) WHERE closed IS NULL;

-- One field of one message that waits for a person or for time.
CREATE TABLE hold (
    mailbox_id bigint NOT NULL,
    message_id bigint NOT NULL,
    field      text NOT NULL,                     -- place, owner, pending, flagged, answered
    reason     text NOT NULL,
    times      integer NOT NULL DEFAULT 1,
    since      timestamptz NOT NULL DEFAULT now(),
    until      timestamptz,                       -- NULL: counted, not yet held (a first refusal)
    PRIMARY KEY (mailbox_id, message_id, field),
    FOREIGN KEY (mailbox_id, message_id) REFERENCES message
);

-- Gestures that the breaker stopped, until a person accepts or reverts them.
CREATE TABLE held_gesture (
    mailbox_id bigint NOT NULL,
    message_id bigint NOT NULL,
    ticket     bigint NOT NULL,
    folder_id  bigint NOT NULL,
    kind       text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    decision   text CHECK (decision IN ('accept', 'revert')),
    PRIMARY KEY (mailbox_id, message_id),
    FOREIGN KEY (mailbox_id, message_id) REFERENCES message
);

-- Units lock (mailbox, service, fence) FOR KEY SHARE: renewal does not wait for them, a take-over, which changes fence, does.
CREATE TABLE lease (
    mailbox_id bigint NOT NULL REFERENCES mailbox,
    service    text NOT NULL CHECK (service IN ('ingestion', 'assignment')),
    fence      bigint NOT NULL,
    holder     text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (mailbox_id, service, fence)
);
CREATE UNIQUE INDEX lease_service ON lease (mailbox_id, service);

-- ---------------------------------------------------------------------------------- views for people and other tools

CREATE VIEW ticket_v AS
SELECT t.number, m.name AS mailbox, q.name AS queue, a.handle AS owner, t.status, t.subject, t.priority, t.created_at,
       t.updated_at, c.address AS contact, t.version
FROM ticket t
JOIN mailbox m ON m.id = t.mailbox_id
LEFT JOIN queue q ON q.id = t.queue_id
LEFT JOIN agent a ON a.id = t.owner_id
LEFT JOIN contact c ON c.mailbox_id = t.mailbox_id AND c.id = t.contact_id;

CREATE VIEW message_v AS
SELECT encode(g.digest, 'hex') AS digest, m.name AS mailbox, g.ticket, g.message_id, g.direction, g.kind, g.subject,
       g.received_at, g.sent_at, g.fate, g.from_text, a.handle AS responder
FROM message g
JOIN mailbox m ON m.id = g.mailbox_id
LEFT JOIN agent a ON a.id = g.responder_id;

CREATE VIEW placement_v AS
SELECT m.name AS mailbox, f.name AS folder, e.uidvalidity, p.uid, encode(p.digest, 'hex') AS digest, p.fate, p.flags,
       p.gone_at, p.reason, p.gone_why, p.modseq, p.seen_at
FROM placement p
JOIN mailbox m ON m.id = p.mailbox_id
JOIN folder f ON f.mailbox_id = p.mailbox_id AND f.id = p.folder_id
JOIN folder_epoch e ON e.mailbox_id = p.mailbox_id AND e.folder_id = p.folder_id AND e.epoch = p.epoch;

CREATE VIEW event_v AS
SELECT e.ticket, e.at, e.recorded_at, e.kind, e.actor, e.origin, e.details, e.seq, a.handle AS agent, m.name AS mailbox
FROM event e
JOIN mailbox m ON m.id = e.mailbox_id
LEFT JOIN agent a ON a.id = e.agent_id;

CREATE VIEW turn_v AS
SELECT t.ticket, t.started_at, t.ended_at, t.outcome, a.handle AS responder, q.name AS queue, t.ordinal, t.presumed,
       t.is_first, m.name AS mailbox
FROM turn t
JOIN mailbox m ON m.id = t.mailbox_id
LEFT JOIN agent a ON a.id = t.responder_id
LEFT JOIN queue q ON q.id = t.queue_id;
