INSERT INTO project (id, name, color) VALUES
  ('garden', 'Garden', '#2e9e6b'),
  ('kitchen', 'Kitchen', '#d9822b'),
  ('workshop', 'Workshop', '#5b6cff')
ON CONFLICT DO NOTHING;

INSERT INTO issue (id, project_id, title, description, open, priority, labels, created_at) VALUES
  ('00000000-0000-4000-8000-000000000001', 'garden', 'Tomatoes get too little water',
   'The far bed dries out before noon. The hose reaches only half of it.', true, 'high', '{water,beds}', now() - interval '3 days'),
  ('00000000-0000-4000-8000-000000000002', 'garden', 'Gate does not close by itself',
   'Somebody keeps leaving it open and the hens get out.', true, 'medium', '{gate,hens}', now() - interval '2 days'),
  ('00000000-0000-4000-8000-000000000003', 'garden', 'Sharpen the shears', '', false, 'low', '{tools}', now() - interval '9 days'),
  ('00000000-0000-4000-8000-000000000004', 'kitchen', 'The kettle whistles too late', '', true, 'low', '{kettle}', now() - interval '26 hours'),
  ('00000000-0000-4000-8000-000000000005', 'kitchen', 'Buy a second bread board', 'Oak, if possible.', true, 'medium', '{}', now() - interval '5 hours'),
  ('00000000-0000-4000-8000-000000000006', 'workshop', 'Lamp above the bench flickers', '', true, 'high', '{light}', now() - interval '40 minutes')
ON CONFLICT DO NOTHING;

INSERT INTO comment (id, issue_id, author, body, created_at) VALUES
  ('00000000-0000-4000-9000-000000000001', '00000000-0000-4000-8000-000000000001', 'Ada', 'A drip line would do.', now() - interval '2 days'),
  ('00000000-0000-4000-9000-000000000002', '00000000-0000-4000-8000-000000000001', 'Ben', 'I have ten metres left in the shed.', now() - interval '1 day'),
  ('00000000-0000-4000-9000-000000000003', '00000000-0000-4000-8000-000000000006', 'Ada', 'Loose wire, not the bulb.', now() - interval '20 minutes')
ON CONFLICT DO NOTHING;
