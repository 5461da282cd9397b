CREATE OR REPLACE VIEW loud AS SELECT shout(name) AS name FROM author;
