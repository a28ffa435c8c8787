DROP TABLE move_progress;
DROP TABLE move;
