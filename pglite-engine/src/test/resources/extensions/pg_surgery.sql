CREATE EXTENSION pg_surgery

CREATE TABLE patient (i int)

INSERT INTO patient VALUES (1), (2), (3)

SELECT heap_force_kill('patient', ARRAY['(0,2)']::tid[])

SELECT * FROM patient

SELECT heap_force_freeze('patient', ARRAY['(0,1)']::tid[])

SELECT xmin FROM patient WHERE i = 1

SELECT heap_force_kill('patient', ARRAY['(0,99)']::tid[])

DROP TABLE patient

DROP EXTENSION pg_surgery
