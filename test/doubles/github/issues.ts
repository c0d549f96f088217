import { type Reply, type RepositoryRequest, repositoryUrl, timestamp, userOf } from './api.ts';
import { isRecord, textOf } from './json.ts';
import { commentJson, issueJson, labelJson } from './pull-json.ts';
import { pullOf } from './pulls.ts';
import { invalid } from './refusal.ts';
import { USERS } from './users.ts';

/** GitHub's limits, in characters. */
const MAX_LABEL = 50;
const MAX_COMMENT = 65_536;
/** So many may be assigned at most; more are left out. */
const MAX_ASSIGNEES = 10;

/** `POST …/issues/{issue_number}/labels`: a label that is not there yet is made. */
export async function addLabels({ host, repository, params, body }: RepositoryRequest): Promise<Reply> {
  const pull = await pullOf(host, repository, params['issue_number']);
  const labels = Array.isArray(body['labels']) ? body['labels'] : [];
  const names = labels.map((label) => (isRecord(label) ? (textOf(label, 'name') ?? '') : String(label)));
  if (names.some((name) => name.trim() === '' || name.length > MAX_LABEL)) {
    throw invalid('Label', { field: 'name', code: 'invalid' });
  }
  for (const name of names) {
    pull.labels.add(name);
  }
  pull.updatedAt = timestamp(host.now());
  return { status: 200, body: [...pull.labels].map((name) => labelJson(host, repository, name)) };
}

/**
 * `POST …/issues/{issue_number}/assignees`: whom GitHub does not know, or who may not write, is silently left out.
 *
 * @see https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue
 */
export async function addAssignees({ host, repository, params, body }: RepositoryRequest): Promise<Reply> {
  const pull = await pullOf(host, repository, params['issue_number']);
  const names = Array.isArray(body['assignees']) ? body['assignees'].map((name) => String(name).toLowerCase()) : [];
  for (const user of USERS) {
    if (names.includes(user.login) && pull.assignees.size < MAX_ASSIGNEES) {
      pull.assignees.add(user);
    }
  }
  pull.updatedAt = timestamp(host.now());
  return { status: 201, body: issueJson(host, repository, pull) };
}

/** `POST …/issues/{issue_number}/comments` */
export async function addComment({ host, repository, actor, params, body }: RepositoryRequest): Promise<Reply> {
  const pull = await pullOf(host, repository, params['issue_number']);
  const text = textOf(body, 'body') ?? '';
  if (text.trim() === '' || text.length > MAX_COMMENT) {
    const code = text.trim() === '' ? 'missing_field' : 'custom';
    const message = `body is too long (maximum is ${MAX_COMMENT} characters)`;
    throw invalid('IssueComment', { field: 'body', code, ...(code === 'custom' && { message }) });
  }
  const comment = { id: host.nextId(), body: text, user: userOf(actor), createdAt: timestamp(host.now()) };
  pull.comments.push(comment);
  pull.updatedAt = comment.createdAt;
  const location = `${repositoryUrl(host, repository)}/issues/comments/${comment.id}`;
  return { status: 201, body: commentJson(host, repository, pull, comment), headers: { location } };
}
