-- Plain rows. Each scenario writes under a scope of its own, so that scenarios share the table and can be run again.
CREATE TABLE item (
  id    text PRIMARY KEY,
  scope text NOT NULL,
  n     int4 NOT NULL DEFAULT 0,
  note  text
);

CREATE TABLE emptied (
  id    int4 PRIMARY KEY,
  scope text NOT NULL
);

CREATE TABLE parent (
  id    text PRIMARY KEY,
  scope text NOT NULL,
  name  text NOT NULL
);

CREATE TABLE child (
  id        text PRIMARY KEY,
  scope     text NOT NULL,
  parent_id text NOT NULL REFERENCES parent (id) ON UPDATE CASCADE ON DELETE CASCADE,
  name      text NOT NULL
);

CREATE TABLE pair (
  a     int4,
  b     text,
  scope text NOT NULL,
  value text,
  PRIMARY KEY (a, b)
);

CREATE TABLE whole (
  id    text PRIMARY KEY,
  scope text NOT NULL,
  value text
);
ALTER TABLE whole REPLICA IDENTITY FULL;

-- Columns are added to it while it is replicated.
CREATE TABLE grown (
  id    text PRIMARY KEY,
  scope text NOT NULL
);

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');

CREATE TABLE typed (
  id     text PRIMARY KEY,
  scope  text NOT NULL,
  flag   bool,
  i2     int2,
  i4     int4,
  i8     int8,
  f4     float4,
  f8     float8,
  num    numeric,
  price  numeric(12, 2),
  txt    text,
  vc     varchar(20),
  ch     char(5),
  uid    uuid,
  js     json,
  jsb    jsonb,
  day    date,
  clock  time,
  ts     timestamp,
  tstz   timestamptz,
  feel   mood,
  tags   text[],
  ints   int4[],
  flags  bool[],
  uids   uuid[],
  feels  mood[],
  grid   int4[][],
  ip     inet
);

-- Beyond what a JavaScript number holds: kept apart, because a row like that stops the client that watches it.
CREATE TABLE beyond (
  id    text PRIMARY KEY,
  scope text NOT NULL,
  i8    int8 NOT NULL
);
