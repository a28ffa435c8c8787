-- The journal's entry with which read_digest was kept: what was asked for before it may be older.
ALTER TABLE subjects ADD COLUMN read_event INTEGER NOT NULL DEFAULT 0;
