import { describe, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  configMap,
  container,
  DEPLOYMENTS,
  deployment,
  type KubernetesClient,
} from './kubernetes-client.ts';

/** What the demo's API claims of refusals, which are Status objects. */
export function describeRefusals({ ask, apply }: KubernetesClient): void {
  describe('refusals are Status objects', () => {
    test.each([
      {
        what: 'no selector',
        change: { selector: undefined },
        says: /spec\.selector: Required value/,
        cause: { message: 'Required value', field: 'spec.selector' },
      },
      {
        what: 'a selector that does not fit',
        change: { selector: { matchLabels: { app: 'b' } } },
        says: /spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`/,
        cause: {
          message: expect.stringMatching(/^Invalid value: .*does not match template `labels`$/),
          field: 'spec.template.metadata.labels',
        },
      },
    ])('$what', async ({ change, says, cause }) => {
      const object = deployment([container()]);
      const reply = await apply(DEPLOYMENTS, { ...object, spec: { ...object.spec, ...change } });
      expect(reply).toMatchObject({
        status: 422,
        body: {
          kind: 'Status',
          status: 'Failure',
          reason: 'Invalid',
          message: expect.stringMatching(says),
          details: { causes: expect.arrayContaining([{ reason: expect.any(String), ...cause }]) },
        },
      });
    });

    test('a selector that would change', async () => {
      const object = deployment([container()]);
      await apply(DEPLOYMENTS, object);
      const other = deployment([container()], object.metadata.name, { app: 'b' });
      const changed = { ...other, spec: { ...other.spec, selector: { matchLabels: { app: 'b' } } } };
      expect(await apply(DEPLOYMENTS, changed)).toMatchObject({
        status: 422,
        body: {
          message: expect.stringMatching(/spec\.selector: Invalid value: .*field is immutable/),
          details: {
            causes: [
              {
                reason: 'FieldValueInvalid',
                message: expect.stringMatching(/^Invalid value: .*field is immutable$/),
                field: 'spec.selector',
              },
            ],
          },
        },
      });
    });

    test('an object that is not there', async () => {
      expect(await ask('GET', `${DEPLOYMENTS}/none`)).toMatchObject({
        status: 404,
        body: {
          kind: 'Status',
          status: 'Failure',
          reason: 'NotFound',
          message: 'deployments.apps "none" not found',
          code: 404,
        },
      });
    });

    test('a namespace that is not there', async () => {
      const object = configMap({ a: '1' });
      expect(await apply('/api/v1/namespaces/none/configmaps', object)).toMatchObject({
        status: 404,
        body: { message: 'namespaces "none" not found' },
      });
    });

    test('an object that stands under another name in its URL', async () => {
      const reply = await ask('PATCH', `${CONFIG_MAPS}/other?fieldManager=one`, configMap({ a: '1' }));
      expect(reply).toMatchObject({ status: 400, body: { kind: 'Status', reason: 'BadRequest' } });
    });

    test('a token that is wrong', async () => {
      expect(await ask('GET', CONFIG_MAPS, undefined, { authorization: 'Bearer wrong' })).toMatchObject({
        status: 401,
        body: { reason: 'Unauthorized' },
      });
    });
  });
}
