LOAD 'auto_explain'

SET auto_explain.log_min_duration = 0

SET auto_explain.log_timing = off

SET auto_explain.log_analyze = on

SET auto_explain.log_format = json

SET auto_explain.log_buffers = off

SET auto_explain.log_level = notice

SELECT 1 AS one WHERE 1 = 1

SET auto_explain.log_nested_statements = on

SELECT count(*) FROM generate_series(1, 10)
