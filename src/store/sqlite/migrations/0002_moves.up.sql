-- Where this store stands in a move (backhaul move). No row: in none. One that is arriving is not complete, one that left
-- is sealed by triggers on every table; neither can be opened.
CREATE TABLE move (
  only        INTEGER PRIMARY KEY CHECK (only = 1),
  state       TEXT NOT NULL CHECK (state IN ('arriving', 'arrived', 'left')),
  other       TEXT NOT NULL,            -- the store it comes from, or went to
  at          INTEGER NOT NULL
) STRICT;

-- What has arrived of each table, written with its rows.
CREATE TABLE move_progress (
  name        TEXT PRIMARY KEY,         -- of the table
  row_count   INTEGER NOT NULL,
  last_key    BLOB NOT NULL             -- of the last row, in the order of keys
) STRICT, WITHOUT ROWID;
