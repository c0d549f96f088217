import type { RequestTarget } from './resources.ts';
import type { Conflict } from './server-side-apply.ts';
import type { Invalid } from './validation.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface ApiStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly status: 'Success' | 'Failure';
  readonly [field: string]: unknown;
}

/** What the API answers. */
export interface Answer {
  readonly status: number;
  readonly body: object;
}

/** The answer of a request that succeeded. */
export function ok(body: object): Answer {
  return { status: 200, body };
}

function fail(code: number, reason: string, message: string, details?: object): Answer {
  const status: ApiStatus = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  };
  return { status: code, body: details === undefined ? status : { ...status, details } };
}

/** A resource as the API names it in messages: `deployments.apps`. */
function qualified({ resource }: RequestTarget): string {
  const [group = '', version] = resource.apiVersion.split('/');
  return version === undefined ? resource.name : `${resource.name}.${group}`;
}

function printConflicts(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1) {
    return `1 conflict: conflict with "${first.manager}": ${first.field}`;
  }
  const lists = Object.entries(Object.groupBy(conflicts, ({ manager }) => manager)).map(
    ([manager, ofIt = []]) => `conflicts with "${manager}":${ofIt.map(({ field }) => `\n- ${field}`).join('')}`,
  );
  return `${conflicts.length} conflicts: ${lists.join('\n')}`;
}

/** The refusals of the API, in its words. */
export const failure = {
  unauthorized: () => fail(401, 'Unauthorized', 'Unauthorized'),
  badRequest: (message: string) => fail(400, 'BadRequest', message),
  notAllowed: () => fail(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'),
  noResource: () => fail(404, 'NotFound', 'the server could not find the requested resource'),
  unsupported: () => fail(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format'),
  notFound: (target: RequestTarget) => fail(404, 'NotFound', `${qualified(target)} "${target.name}" not found`),
  exists: (target: RequestTarget) => fail(409, 'AlreadyExists', `${qualified(target)} "${target.name}" already exists`),
  conflict: (conflicts: readonly Conflict[]) => {
    const causes = conflicts.map(({ manager, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager}"`,
      field,
    }));
    return fail(409, 'Conflict', `Apply failed with ${printConflicts(conflicts)}`, { causes });
  },
  changed: (target: RequestTarget, because: string) =>
    fail(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(target)} "${target.name}": ${because}`),
  invalid: (target: RequestTarget, faults: readonly Invalid[]) => {
    const said = faults.map(({ field, message }) => `${field}: ${message}`);
    const list = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
    const kind = `${target.resource.kind}${target.resource.apiVersion.includes('/') ? `.${target.resource.apiVersion.split('/')[0]}` : ''}`;
    const causes = faults.map(({ field, message }) => ({
      reason: message.startsWith('Required') ? 'FieldValueRequired' : 'FieldValueInvalid',
      message,
      field,
    }));
    return fail(422, 'Invalid', `${kind} "${target.name}" is invalid: ${list}`, { name: target.name, causes });
  },
};
