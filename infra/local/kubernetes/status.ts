import type { Target } from './resources.ts';
import type { Invalid } from './validation.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly status: 'Success' | 'Failure';
  readonly [field: string]: unknown;
}

interface Failure {
  readonly status: number;
  readonly body: Status;
}

function fail(code: number, reason: string, message: string, details?: object): Failure {
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return { status: code, body: details === undefined ? status : { ...status, details } };
}

/** A resource as the API names it in messages: `deployments.apps`. */
function qualified({ resource }: Target): string {
  const [group = '', version] = resource.apiVersion.split('/');
  return version === undefined ? resource.name : `${resource.name}.${group}`;
}

/** The refusals of the API, in its words. */
export const failure = {
  unauthorized: () => fail(401, 'Unauthorized', 'Unauthorized'),
  badRequest: (message: string) => fail(400, 'BadRequest', message),
  notAllowed: () => fail(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'),
  noResource: () => fail(404, 'NotFound', 'the server could not find the requested resource'),
  unsupported: () => fail(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format'),
  notFound: (target: Target) => fail(404, 'NotFound', `${qualified(target)} "${target.name}" not found`),
  conflict: (conflicts: readonly { readonly manager: string; readonly field: string }[]) => {
    const causes = conflicts.map(({ manager, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager}"`,
      field,
    }));
    const fields = conflicts.map(({ field }) => field).join('\n- ');
    const count = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`;
    const with_ = conflicts.length === 1 ? ` with "${conflicts[0]?.manager}"` : 's';
    return fail(409, 'Conflict', `Apply failed with ${count}: conflict${with_}: ${fields}`, { causes });
  },
  invalid: (target: Target, faults: readonly Invalid[]) => {
    const said = faults.map(({ field, message }) => `${field}: ${message}`);
    const list = said.length === 1 ? said[0] : `[${said.join(', ')}]`;
    const kind = `${target.resource.kind}${target.resource.apiVersion.includes('/') ? `.${target.resource.apiVersion.split('/')[0]}` : ''}`;
    return fail(422, 'Invalid', `${kind} "${target.name}" is invalid: ${list}`);
  },
};
