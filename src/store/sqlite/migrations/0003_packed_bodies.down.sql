-- unpacked() is the hub's own (src/store/sqlite/packed.hpp).
UPDATE journal SET body = unpacked(body, packed_from) WHERE packed_from > 0;
ALTER TABLE journal DROP COLUMN packed_from;
