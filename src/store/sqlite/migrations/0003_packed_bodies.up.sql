-- A delivery's body may be an LZ4 block. Of how many bytes; 0: the body is as it came.
ALTER TABLE journal ADD COLUMN packed_from INTEGER NOT NULL DEFAULT 0;
