-- Times are milliseconds since 1970, UTC. JSON is text. Constraints spell out the state machines. The same tables as
-- SQLite's, but for what several nodes need: numbers from a sequence, holds, leases of duties.

CREATE TABLE connections (
  number      bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  id          text NOT NULL UNIQUE,
  merchant    text NOT NULL,
  vendor      text NOT NULL,
  role        text NOT NULL CHECK (role IN ('source', 'destination')),
  name        text NOT NULL,
  settings    text NOT NULL,
  sealed      bytea NOT NULL,         -- credentials and inbound token, under the master key
  created_at  bigint NOT NULL,
  removed_at  bigint,
  UNIQUE (merchant, name)
);

CREATE TABLE policies (
  connection  bigint NOT NULL REFERENCES connections (number),
  version     bigint NOT NULL,
  body        text NOT NULL,
  created_at  bigint NOT NULL,
  PRIMARY KEY (connection, version)
);

CREATE TABLE maps (
  connection  bigint NOT NULL REFERENCES connections (number),
  kind        text NOT NULL CHECK (kind IN ('sku', 'reason', 'warehouse')),
  source      text NOT NULL,
  target      text NOT NULL,
  PRIMARY KEY (connection, kind, source)
);

CREATE TABLE cursors (
  connection  bigint NOT NULL REFERENCES connections (number),
  name        text NOT NULL,
  value       text NOT NULL,
  PRIMARY KEY (connection, name)
);

-- Grows by one with every change to what connections, policies and maps say; servers reload when it differs.
CREATE TABLE setup (
  one         integer PRIMARY KEY CHECK (one = 1),
  version     bigint NOT NULL
);
INSERT INTO setup VALUES (1, 1);

CREATE TABLE returns (
  id          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  merchant    text NOT NULL,
  subject     bigint NOT NULL UNIQUE,    -- the source's
  order_name  text NOT NULL,
  state       text NOT NULL,             -- the source's state, in our words
  stage       text NOT NULL,             -- the last decision in one line
  version     bigint NOT NULL,           -- optimistic lock
  body        text NOT NULL,
  wake_at     bigint,
  created_at  bigint NOT NULL,
  updated_at  bigint NOT NULL
);
CREATE INDEX returns_wake ON returns (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX returns_open ON returns (merchant) WHERE state NOT IN ('closed', 'cancelled');
CREATE INDEX returns_order ON returns (order_name);

-- What events are about: a return at a source, an RMA at a destination. Every writer of a subject's news locks its row
-- first (recorder.cpp).
CREATE TABLE subjects (
  id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  connection   bigint NOT NULL REFERENCES connections (number),
  external_id  text NOT NULL,
  return_id    bigint REFERENCES returns (id),
  news         bigint,                     -- first event not yet folded in
  last_news    bigint NOT NULL DEFAULT 0,  -- newest event that is news
  parked       bigint,                     -- first event kept until the subject is linked to a return, or its return is heard of again
  digest       bytea,                      -- of the newest delivery
  digest_event bigint NOT NULL DEFAULT 0,  -- that delivery
  read_digest  text NOT NULL DEFAULT '',   -- of what the vendor's object last looked like
  held_by      text,                       -- the node that works on its news
  held_until   timestamptz,                -- by the server's clock; then any node may
  UNIQUE (connection, external_id)
) WITH (fillfactor = 80);
CREATE INDEX subjects_news ON subjects (news) WHERE news IS NOT NULL;
CREATE INDEX subjects_aside ON subjects (return_id) WHERE parked IS NOT NULL AND return_id IS NOT NULL;
CREATE INDEX subjects_return ON subjects (return_id) WHERE return_id IS NOT NULL;

CREATE SEQUENCE journal_seq;

-- The journal: everything said to us or done by us, raw. Only ever appended to.
CREATE TABLE journal (
  seq          bigint PRIMARY KEY,
  body         bytea NOT NULL
);

-- Bodies are JSON of a few KB, stored once and read once: compressing them by PostgreSQL's own method costs more than the rest
-- of storing them. A server built without LZ4 keeps that.
DO $$
BEGIN
  ALTER TABLE journal ALTER COLUMN body SET COMPRESSION lz4;
  ALTER TABLE returns ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL;
END
$$;

-- Journal entries by what they are about.
CREATE TABLE events (
  seq          bigint PRIMARY KEY,
  subject      bigint NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('delivery', 'poll', 'outcome', 'decision', 'command')),
  topic        text NOT NULL,
  message_id   text,
  duplicate_of bigint,
  at           bigint NOT NULL
);
CREATE INDEX events_subject ON events (subject, seq);
CREATE UNIQUE INDEX events_message ON events (subject, message_id) WHERE message_id IS NOT NULL AND duplicate_of IS NULL;

CREATE TABLE rmas (
  connection  bigint NOT NULL REFERENCES connections (number),
  return_id   bigint NOT NULL REFERENCES returns (id),
  generation  bigint NOT NULL,
  external_id text NOT NULL,
  reference   text NOT NULL,
  made_at     bigint NOT NULL,
  PRIMARY KEY (connection, return_id, generation),   -- law 2
  UNIQUE (connection, external_id)
);

CREATE TABLE jobs (
  id             bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  return_id      bigint NOT NULL REFERENCES returns (id),
  connection     bigint NOT NULL REFERENCES connections (number),
  effect_key     text NOT NULL,
  kind           text NOT NULL,
  state          text NOT NULL CHECK (state IN ('available', 'running', 'retryable', 'completed', 'cancelled', 'discarded', 'shadowed')),
  priority       bigint NOT NULL,
  run_at         bigint NOT NULL,
  attempt        bigint NOT NULL DEFAULT 0,   -- tries begun; the fence of a running one
  failures       bigint NOT NULL DEFAULT 0,   -- tries that ended badly and count: not those lost with their process
  node           text,
  lease_until    bigint,
  unknown_since  bigint,                       -- a try was sent and its answer never came
  work           text NOT NULL,
  rule           text NOT NULL,
  policy_version bigint NOT NULL,
  causes         text NOT NULL,
  decision       bigint,                       -- the journal entry of the decision
  last_error     text NOT NULL DEFAULT '',
  created_at     bigint NOT NULL,
  ended_at       bigint,
  UNIQUE (return_id, effect_key),
  CHECK ((state = 'running') = (node IS NOT NULL AND lease_until IS NOT NULL)),
  CHECK ((state IN ('completed', 'cancelled', 'discarded', 'shadowed')) = (ended_at IS NOT NULL))
);
CREATE INDEX jobs_due ON jobs (connection, priority, run_at) WHERE state IN ('available', 'retryable');
CREATE INDEX jobs_running ON jobs (node) WHERE state = 'running';

CREATE TABLE attempts (
  id          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  job         bigint NOT NULL REFERENCES jobs (id),
  number      bigint NOT NULL,
  started_at  bigint NOT NULL,
  ended_at    bigint NOT NULL,
  outcome     text NOT NULL,
  code        text NOT NULL,
  message     text NOT NULL,
  retry_at    bigint,
  UNIQUE (job, number)
);

-- What the hub cannot finish by itself (law 10). return_id 0: about the connection as a whole.
CREATE TABLE attention (
  return_id   bigint NOT NULL,
  connection  bigint NOT NULL,
  kind        text NOT NULL,
  why         text NOT NULL,
  todo        text NOT NULL,
  since       bigint NOT NULL,
  times       bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (return_id, connection, kind)
);

-- What one node does for all of them: who, and until when.
CREATE TABLE duties (
  name        text PRIMARY KEY,
  node        text NOT NULL,
  until       bigint NOT NULL
);

-- Processes that serve this hub, each until when it last said.
CREATE TABLE nodes (
  node        text PRIMARY KEY,
  until       bigint NOT NULL
);
