// Synced queries: the client asks by name, the server answers with what this file says, never with the client's own text.
import {defineQueries, defineQuery} from '@rocicorp/zero';
import {z} from 'zod';
import {zql} from './schema.js';

export const queries = defineQueries({
  projects: {
    all: defineQuery(() =>
      zql.project.orderBy('name', 'asc').related('issues', q => q.where('open', true)),
    ),
  },
  issues: {
    ofProject: defineQuery(z.object({projectId: z.string()}), ({args: {projectId}}) =>
      zql.issue
        .where('projectId', projectId)
        .orderBy('createdAt', 'desc')
        .related('comments', q => q.orderBy('createdAt', 'asc')),
    ),
  },
});
