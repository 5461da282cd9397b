LOAD 'passwordcheck'

CREATE ROLE weak PASSWORD 'abc'

CREATE ROLE weak PASSWORD 'weakweak'

CREATE ROLE weak PASSWORD 'longenoughbutnodigits'

CREATE ROLE weak PASSWORD 'longenough-1234'

DROP ROLE weak
