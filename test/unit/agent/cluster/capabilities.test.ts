import { describe, expect, test } from 'vitest';
import { readCapabilities } from '../../../../infra/agent/cluster/capabilities.ts';
import type { ApiClient } from '../../../../infra/agent/cluster/client.ts';

/** An API that answers by path, once it is ready. */
function apiOf(answers: Readonly<Record<string, unknown>>, readiness = 200): ApiClient {
  return async ({ path }) => {
    if (path === '/readyz') {
      return { status: readiness, body: undefined };
    }
    return path in answers ? { status: 200, body: answers[path] } : { status: 404, body: undefined };
  };
}
const version = { gitVersion: 'v1.35.4+k3s1' };
const kinds = (...names: readonly string[]) => ({
  resources: names.map((kind) => ({ name: kind.toLowerCase(), kind })).concat({ name: 'pods/log', kind: 'Log' }),
});
const aggregated = (group: string, served: string, ...names: readonly string[]) => ({
  kind: 'APIGroupDiscoveryList',
  items: [
    {
      metadata: { name: group },
      versions: [{ version: served, resources: names.map((kind) => ({ responseKind: { kind } })) }],
    },
  ],
});

describe('what a cluster is', () => {
  test.each([
    {
      of: 'one that tells all groups at once',
      answers: { '/api': aggregated('', 'v1', 'Pod'), '/apis': aggregated('apps', 'v1', 'Deployment') },
    },
    {
      of: 'one that is asked for each',
      answers: {
        '/api': { versions: ['v1'] },
        '/apis': { groups: [{ versions: [{ groupVersion: 'apps/v1' }] }] },
        '/api/v1': kinds('Pod'),
        '/apis/apps/v1': kinds('Deployment'),
      },
    },
  ])('$of', async ({ answers }) => {
    expect(await readCapabilities(apiOf({ '/version': version, ...answers }), 'https://a')).toEqual({
      kubeVersion: 'v1.35.4+k3s1',
      apiVersions: ['apps/v1', 'apps/v1/Deployment', 'v1', 'v1/Pod'],
    });
  });

  test.each([
    { what: 'does not say its version', answers: {}, says: 'cluster https://a, /version: status 404' },
    {
      what: 'says what is no version',
      answers: { '/version': { gitVersion: '--set' } },
      says: 'cluster https://a, /version: an answer that is not of the Kubernetes API',
    },
    {
      what: 'does not say its groups',
      answers: { '/version': version, '/api': { versions: [] } },
      says: 'cluster https://a, /apis: status 404',
    },
  ])('is an error where it $what', async ({ answers, says }) => {
    await expect(readCapabilities(apiOf(answers), 'https://a')).rejects.toMatchObject({
      code: 'cluster-refused',
      message: says,
    });
  });

  test('is not asked of an API server that has just been started: it may not know the kinds of definitions yet', async () => {
    const answers = { '/version': version, '/api': aggregated('', 'v1', 'Pod'), '/apis': { groups: [] } };
    await expect(readCapabilities(apiOf(answers, 500), 'https://a')).rejects.toMatchObject({
      code: 'cluster-refused',
      found: 'the API server is not ready (status 500 of /readyz)',
      retryable: true,
    });
  });
});
