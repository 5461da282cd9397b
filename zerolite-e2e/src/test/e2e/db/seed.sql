INSERT INTO item (id, scope, n, note) VALUES
  ('initial-1', 'initial', 1, 'one'),
  ('initial-2', 'initial', 2, NULL),
  ('initial-3', 'initial', 3, 'drei – tri – 三');

INSERT INTO parent (id, scope, name) VALUES ('initial-p', 'initial', 'parent');
INSERT INTO child (id, scope, parent_id, name) VALUES
  ('initial-c1', 'initial', 'initial-p', 'first'),
  ('initial-c2', 'initial', 'initial-p', 'second');

INSERT INTO typed VALUES (
  'initial', 'initial', true, -32768, 2147483647, 9007199254740991, 1.5, 0.1, 12345.678, 19.90,
  E'it''s "quoted",\nGrüße, 三毛猫, 🐘', 'varied', 'ab', '6f1c1f0e-6f0a-4a2e-9d0c-2f6a3b1c9f10',
  '{"b": 1,  "a": [1, 2.50]}', '{"b": 1, "a": {"deep": [null]}}', '2024-02-29', '13:14:15.5',
  '2024-02-29 12:30:15.25', '2024-02-29 12:30:15.123456+02', 'happy', ARRAY['one', 'a,b', ''], '{1,-2}', '{t,f}',
  '{6f1c1f0e-6f0a-4a2e-9d0c-2f6a3b1c9f11}', '{sad,happy}', '{{1,2},{3,4}}', NULL
);
