CREATE EXTENSION tcn

CREATE TABLE watched (a int, b date, PRIMARY KEY (a, b))

CREATE TRIGGER watched_tcn AFTER INSERT OR UPDATE OR DELETE ON watched FOR EACH ROW EXECUTE FUNCTION triggered_change_notification()

LISTEN tcn

INSERT INTO watched VALUES (1, '2020-01-01')

DELETE FROM watched

DROP TABLE watched

DROP EXTENSION tcn
