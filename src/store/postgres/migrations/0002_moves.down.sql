DROP FUNCTION refuse_as_moved();
DROP TABLE move_progress;
DROP TABLE move;
