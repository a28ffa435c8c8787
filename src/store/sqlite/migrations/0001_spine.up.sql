-- Times are milliseconds since 1970, UTC. JSON is text. Constraints spell out the state machines.

CREATE TABLE connections (
  number      INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  merchant    TEXT NOT NULL,
  vendor      TEXT NOT NULL,
  role        TEXT NOT NULL CHECK (role IN ('source', 'destination')),
  name        TEXT NOT NULL,
  settings    TEXT NOT NULL,
  sealed      BLOB NOT NULL,          -- credentials and inbound token, under the master key
  created_at  INTEGER NOT NULL,
  removed_at  INTEGER,
  UNIQUE (merchant, name)
) STRICT;

CREATE TABLE policies (
  connection  INTEGER NOT NULL REFERENCES connections (number),
  version     INTEGER NOT NULL,
  body        TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (connection, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE maps (
  connection  INTEGER NOT NULL REFERENCES connections (number),
  kind        TEXT NOT NULL CHECK (kind IN ('sku', 'reason', 'warehouse')),
  source      TEXT NOT NULL,
  target      TEXT NOT NULL,
  PRIMARY KEY (connection, kind, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
  connection  INTEGER NOT NULL REFERENCES connections (number),
  name        TEXT NOT NULL,
  value       TEXT NOT NULL,
  PRIMARY KEY (connection, name)
) STRICT, WITHOUT ROWID;

-- Grows by one with every change to what connections, policies and maps say; servers reload when it differs.
CREATE TABLE setup (
  only        INTEGER PRIMARY KEY CHECK (only = 1),
  version     INTEGER NOT NULL
) STRICT;
INSERT INTO setup VALUES (1, 1);

CREATE TABLE returns (
  id          INTEGER PRIMARY KEY,
  merchant    TEXT NOT NULL,
  subject     INTEGER NOT NULL UNIQUE,   -- the source's
  order_name  TEXT NOT NULL,
  state       TEXT NOT NULL,             -- the source's state, in our words
  stage       TEXT NOT NULL,             -- the last decision in one line
  version     INTEGER NOT NULL,          -- optimistic lock
  body        TEXT NOT NULL,
  wake_at     INTEGER,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX returns_wake ON returns (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX returns_open ON returns (merchant) WHERE state NOT IN ('closed', 'cancelled');
CREATE INDEX returns_order ON returns (order_name);

-- What events are about: a return at a source, an RMA at a destination.
CREATE TABLE subjects (
  id          INTEGER PRIMARY KEY,
  connection  INTEGER NOT NULL REFERENCES connections (number),
  external_id TEXT NOT NULL,
  return_id   INTEGER REFERENCES returns (id),
  news        INTEGER,                  -- first event not yet folded in
  last_news   INTEGER NOT NULL,         -- newest event that is news
  parked      INTEGER,                  -- first event kept until the subject is linked to a return, or its return is heard of again
  digest      BLOB,                     -- of the newest delivery
  read_digest TEXT,                     -- of what the vendor's object last looked like
  UNIQUE (connection, external_id)
) STRICT;
CREATE INDEX subjects_news ON subjects (news) WHERE news IS NOT NULL;
CREATE INDEX subjects_aside ON subjects (return_id) WHERE parked IS NOT NULL AND return_id IS NOT NULL;
CREATE INDEX subjects_return ON subjects (return_id) WHERE return_id IS NOT NULL;

-- The journal: everything said to us or done by us, raw, in order. Only ever appended to, so that a delivery costs one insert
-- before it is answered; who it is about is worked out after, when it is filed (events, subjects).
CREATE TABLE journal (
  seq          INTEGER PRIMARY KEY,
  connection   INTEGER NOT NULL,         -- 0: our own, filed with its insert
  external_id  TEXT NOT NULL,
  topic        TEXT NOT NULL,
  message_id   TEXT NOT NULL,
  digest       BLOB,                     -- of a delivery's bytes
  news         INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  body         BLOB NOT NULL
) STRICT;

-- Deliveries up to here are filed.
CREATE TABLE filed (
  only         INTEGER PRIMARY KEY CHECK (only = 1),
  seq          INTEGER NOT NULL
) STRICT;
INSERT INTO filed VALUES (1, 0);

-- Journal entries by what they are about.
CREATE TABLE events (
  seq          INTEGER PRIMARY KEY,
  subject      INTEGER NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('delivery', 'poll', 'outcome', 'decision', 'command')),
  topic        TEXT NOT NULL,
  message_id   TEXT,
  duplicate_of INTEGER,
  at           INTEGER NOT NULL
) STRICT;
CREATE INDEX events_subject ON events (subject, seq);
CREATE UNIQUE INDEX events_message ON events (subject, message_id) WHERE message_id IS NOT NULL AND duplicate_of IS NULL;

CREATE TABLE rmas (
  connection  INTEGER NOT NULL REFERENCES connections (number),
  return_id   INTEGER NOT NULL REFERENCES returns (id),
  generation  INTEGER NOT NULL,
  external_id TEXT NOT NULL,
  reference   TEXT NOT NULL,
  made_at     INTEGER NOT NULL,
  PRIMARY KEY (connection, return_id, generation),   -- law 2
  UNIQUE (connection, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  id             INTEGER PRIMARY KEY,
  return_id      INTEGER NOT NULL REFERENCES returns (id),
  connection     INTEGER NOT NULL REFERENCES connections (number),
  effect_key     TEXT NOT NULL,
  kind           TEXT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('available', 'running', 'retryable', 'completed', 'cancelled', 'discarded', 'shadowed')),
  priority       INTEGER NOT NULL,
  run_at         INTEGER NOT NULL,
  attempt        INTEGER NOT NULL DEFAULT 0,   -- tries begun; the fence of a running one
  failures       INTEGER NOT NULL DEFAULT 0,   -- tries that ended badly and count: not those lost with their process
  node           TEXT,
  lease_until    INTEGER,
  unknown_since  INTEGER,                       -- a try was sent and its answer never came
  work           TEXT NOT NULL,
  rule           TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  causes         TEXT NOT NULL,
  decision       INTEGER,                       -- the journal entry of the decision
  last_error     TEXT NOT NULL DEFAULT '',
  created_at     INTEGER NOT NULL,
  ended_at       INTEGER,
  UNIQUE (return_id, effect_key),
  CHECK ((state = 'running') = (node IS NOT NULL AND lease_until IS NOT NULL)),
  CHECK ((state IN ('completed', 'cancelled', 'discarded', 'shadowed')) = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX jobs_due ON jobs (connection, priority, run_at) WHERE state IN ('available', 'retryable');
CREATE INDEX jobs_running ON jobs (node) WHERE state = 'running';

CREATE TABLE attempts (
  id          INTEGER PRIMARY KEY,
  job         INTEGER NOT NULL REFERENCES jobs (id),
  number      INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  ended_at    INTEGER NOT NULL,
  outcome     TEXT NOT NULL,
  code        TEXT NOT NULL,
  message     TEXT NOT NULL,
  retry_at    INTEGER,
  UNIQUE (job, number)
) STRICT;

-- What the hub cannot finish by itself (law 10). return_id 0: about the connection as a whole.
CREATE TABLE attention (
  return_id   INTEGER NOT NULL,
  connection  INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  why         TEXT NOT NULL,
  todo        TEXT NOT NULL,
  since       INTEGER NOT NULL,
  times       INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (return_id, connection, kind)
) STRICT, WITHOUT ROWID;
