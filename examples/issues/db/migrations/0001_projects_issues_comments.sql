CREATE TABLE project (
  id    text PRIMARY KEY,
  name  text NOT NULL,
  color text NOT NULL DEFAULT '#5b6cff'
);

CREATE TYPE priority AS ENUM ('low', 'medium', 'high');

-- The defaults make "INSERT INTO issue (project_id, title) VALUES (…)" from psql a complete issue.
CREATE TABLE issue (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  project_id  text NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  description text NOT NULL DEFAULT '',
  open        boolean NOT NULL DEFAULT true,
  priority    priority NOT NULL DEFAULT 'medium',
  labels      text[] NOT NULL DEFAULT '{}',
  created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX issue_project_id ON issue (project_id);

CREATE TABLE comment (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  issue_id   uuid NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
  author     text NOT NULL DEFAULT 'someone',
  body       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX comment_issue_id ON comment (issue_id);
