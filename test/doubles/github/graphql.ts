import { canSee, isAllowed } from './access.ts';
import type { Actor, Host, Reply } from './api.ts';
import { userOf } from './api.ts';
import { isRecord, textOf } from './json.ts';
import { methodOf } from './pull-endpoints.ts';
import { nodeId } from './users.ts';

/**
 * `POST /api/graphql`, for the one thing that the REST API has not: automatic merging. GraphQL is not part of the
 * OpenAPI description; what is checked here is the shape of a request as GitHub's GraphQL reference has it, without
 * a parser of the language.
 *
 * @see https://docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge
 */
export function answerGraphql(host: Host, actor: Actor, body: unknown, violations: string[]): Reply {
  const query = (isRecord(body) && textOf(body, 'query')) || '';
  const variables = isRecord(body) && isRecord(body['variables']) ? body['variables'] : {};
  const fault = shapeFault(query, variables);
  if (fault !== undefined) {
    violations.push(`POST /graphql: ${fault}`);
    return { status: 200, body: { errors: [{ message: fault }] } };
  }
  const input = inputOf(query, variables);
  const id = String(input['pullRequestId']);
  const refuse = (type: string, message: string): Reply => ({
    status: 200,
    body: { data: { [MUTATION]: null }, errors: [{ type, path: [MUTATION], message }] },
  });
  const found = host.pulls().find(({ pull }) => nodeId('PullRequest', pull.id) === id);
  if (found === undefined || !canSee(actor, found.repository)) {
    return refuse('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'.`);
  }
  const { pull, repository } = found;
  if (!isAllowed(actor, 'pull_requests=write')) {
    const holder = actor.kind === 'installation' ? 'integration' : 'personal access token';
    return refuse('FORBIDDEN', `Resource not accessible by ${holder}`);
  }
  if (!repository.settings.autoMergeAllowed) {
    return refuse('UNPROCESSABLE', 'Auto merge is not allowed for this repository');
  }
  if (pull.state !== 'open' || !repository.settings.checksRequired) {
    const state = pull.state === 'open' ? 'clean status' : 'closed';
    return refuse('UNPROCESSABLE', `Pull request Pull request is in ${state}`);
  }
  pull.autoMerge = methodOf(typeof input['mergeMethod'] === 'string' ? input['mergeMethod'] : undefined);
  pull.autoMergeBy = userOf(actor);
  const pullRequest = { id, number: pull.number, autoMergeRequest: { mergeMethod: pull.autoMerge.toUpperCase() } };
  return { status: 200, body: { data: { [MUTATION]: { clientMutationId: null, pullRequest } } } };
}

const MUTATION = 'enablePullRequestAutoMerge';
const CALL = /enablePullRequestAutoMerge\s*\(\s*input\s*:\s*(?:\$(\w+)|\{([^}]*)\})\s*\)\s*\{\s*\w/;
const FIELDS = new Set([
  'authorEmail',
  'clientMutationId',
  'commitBody',
  'commitHeadline',
  'expectedHeadOid',
  'mergeMethod',
  'pullRequestId',
]);
const METHODS = new Set(['MERGE', 'SQUASH', 'REBASE', 'undefined']);

/** What is wrong with a request; undefined where all is well. */
function shapeFault(query: string, variables: Readonly<Record<string, unknown>>): string | undefined {
  const opening = query.split('{').length;
  if (!/^\s*mutation\b/.test(query) || opening !== query.split('}').length || !CALL.test(query)) {
    return `expected a mutation of ${MUTATION} that asks for something back`;
  }
  const [head = ''] = query.split('{', 1);
  const declared = new Set([...head.matchAll(/\$(\w+)\s*:/g)].map(([, name = '']) => name));
  const used = [...query.slice(head.length).matchAll(/\$(\w+)/g)].map(([, name = '']) => name);
  const undeclared = used.find((name) => !declared.has(name) || !(name in variables));
  if (undeclared !== undefined) {
    return `Variable $${undeclared} is used by anonymous mutation but not declared or given`;
  }
  const input = inputOf(query, variables);
  const unknown = Object.keys(input).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) {
    return `InputObject 'EnablePullRequestAutoMergeInput' doesn't accept argument '${unknown}'`;
  }
  if (typeof input['pullRequestId'] !== 'string' || !METHODS.has(String(input['mergeMethod']))) {
    return "InputObject 'EnablePullRequestAutoMergeInput' has an invalid value";
  }
  return undefined;
}

function inputOf(query: string, variables: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [, variable, inline = ''] = CALL.exec(query) ?? [];
  if (variable !== undefined) {
    const value = variables[variable];
    return isRecord(value) ? value : {};
  }
  const fields = [...inline.matchAll(/(\w+)\s*:\s*(?:\$(\w+)|"([^"]*)"|(\w+))/g)];
  return Object.fromEntries(
    fields.map(([, name = '', named, text, word]) => [name, named === undefined ? (text ?? word) : variables[named]]),
  );
}
