// The client's view of the tables in db/migrations. Zero checks it against what zero-cache replicates.
import {
  boolean,
  createBuilder,
  createSchema,
  enumeration,
  json,
  number,
  relationships,
  string,
  table,
} from '@rocicorp/zero';

const project = table('project')
  .columns({id: string(), name: string(), color: string()})
  .primaryKey('id');

const issue = table('issue')
  .columns({
    id: string(),
    projectId: string().from('project_id'),
    title: string(),
    description: string(),
    open: boolean(),
    priority: enumeration(),
    labels: json(),
    createdAt: number().from('created_at'),
    closedAt: number().from('closed_at').optional(),
  })
  .primaryKey('id');

const comment = table('comment')
  .columns({
    id: string(),
    issueId: string().from('issue_id'),
    author: string(),
    body: string(),
    createdAt: number().from('created_at'),
  })
  .primaryKey('id');

export const schema = createSchema({
  tables: [project, issue, comment],
  relationships: [
    relationships(project, ({many}) => ({
      issues: many({sourceField: ['id'], destField: ['projectId'], destSchema: issue}),
    })),
    relationships(issue, ({one, many}) => ({
      project: one({sourceField: ['projectId'], destField: ['id'], destSchema: project}),
      comments: many({sourceField: ['id'], destField: ['issueId'], destSchema: comment}),
    })),
    relationships(comment, ({one}) => ({
      issue: one({sourceField: ['issueId'], destField: ['id'], destSchema: issue}),
    })),
  ],
});

export const zql = createBuilder(schema);
