// Custom mutators: the same function runs in the browser at once and on the server for good.
import {ApplicationError, defineMutator, defineMutators} from '@rocicorp/zero';
import {z} from 'zod';
import {zql} from './schema.js';

const id = z.uuid();
const title = z.string().trim().min(1).max(200);
const body = z.string().trim().min(1).max(5000);

export const mutators = defineMutators({
  issue: {
    create: defineMutator(
      z.object({
        id,
        projectId: z.string(),
        title,
        priority: z.enum(['low', 'medium', 'high']),
        createdAt: z.number(),
      }),
      async ({tx, args}) => {
        await tx.mutate.issue.insert({...args, description: '', open: true, labels: []});
      },
    ),
    setOpen: defineMutator(z.object({id, open: z.boolean()}), async ({tx, args}) => {
      await tx.mutate.issue.update(args);
    }),
    remove: defineMutator(z.object({id}), async ({tx, args}) => {
      await tx.mutate.issue.delete(args);
    }),
  },
  comment: {
    create: defineMutator(
      z.object({id, issueId: id, author: z.string(), body, createdAt: z.number()}),
      async ({tx, args}) => {
        const issue = await tx.run(zql.issue.where('id', args.issueId).one());
        if (issue && !issue.open) {
          throw new ApplicationError('This issue is closed. Reopen it to comment.');
        }
        await tx.mutate.comment.insert(args);
      },
    ),
  },
});
