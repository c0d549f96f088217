import { badRequest, created, notFound } from './answer.ts';
import { endpoint } from './endpoint.ts';
import { commitOf } from './git.ts';
import type { StatusReply } from './projects.ts';
import { statusBody, statusReply } from './published-beside.ts';
import { basicUser } from './users.ts';

/** Why a status cannot become what it is already. */
const TRANSITIONS: Readonly<Record<string, string>> = { pending: 'enqueue', running: 'run' };

/** https://docs.gitlab.com/api/commits/#set-the-pipeline-status-of-a-commit */
export const STATUSES = [
  endpoint({
    method: 'POST',
    path: 'projects/:id/statuses/:sha',
    scope: 'write',
    body: statusBody,
    reply: statusReply,
    async handle({ project, at: { sha = '' }, body, user, origin }) {
      if ((await commitOf(project.git, sha)) === undefined) {
        throw notFound('Commit');
      }
      const name = body.name ?? body.context ?? 'default';
      const before = project.statuses.findLast((one) => one.sha === sha && one.name === name);
      const event = TRANSITIONS[body.state];
      if (before?.status === body.state && event !== undefined) {
        const reason = `Reason(s): Status cannot transition via "${event}"`;
        throw badRequest(`Cannot transition status via :${event} from :${body.state} (${reason})`);
      }
      const isOver = body.state !== 'pending' && body.state !== 'running';
      const now = new Date().toISOString();
      const status: StatusReply = {
        id: project.statuses.length + 1,
        sha,
        ref: body.ref ?? 'main',
        status: body.state === 'skipped' ? 'canceled' : body.state,
        name,
        target_url: body.target_url ?? null,
        description: body.description ?? null,
        created_at: now,
        started_at: null,
        finished_at: isOver ? now : null,
        allow_failure: false,
        coverage: null,
        pipeline_id: 1,
        author: basicUser(user, origin),
      };
      project.statuses.push(status);
      return created(status);
    },
  }),
];
