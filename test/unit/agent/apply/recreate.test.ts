import { describe, expect, test } from 'vitest';
import { asksForRecreation, immutableFields } from '../../../../infra/agent/apply/recreate.ts';
import { SluiceError } from '../../../../shared/errors.ts';

const refusal = (code: number, ...causes: readonly { message: string; field: string }[]) =>
  new SluiceError({
    code: 'cluster-refused',
    subject: 'deployment/shop/web',
    found: 'field is immutable',
    cause: { code, message: 'field is immutable', details: { causes } },
  });

describe('is it for immutable fields alone that an object was refused?', () => {
  test.each([
    { message: 'Invalid value: "x": field is immutable', field: 'spec.selector' },
    { message: 'Forbidden: field is immutable when `immutable` is set', field: 'data' },
    {
      message: "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
      field: 'spec',
    },
    { message: 'Invalid value: []string{"10.0.0.1"}: may not change once set', field: 'spec.clusterIPs[0]' },
    { message: 'Forbidden: updates to provisioner are forbidden.', field: 'provisioner' },
    { message: 'Invalid value: rbac.RoleRef{}: cannot change roleRef', field: 'roleRef' },
    { message: 'Invalid value: "object": Value is immutable', field: 'spec.name' },
    { message: 'Forbidden: may not be changed in an update.', field: 'value' },
  ])('$message', (cause) => {
    expect(immutableFields(refusal(422, cause))).toEqual([cause.field]);
  });

  test.each([
    { what: 'a validation error', error: refusal(422, { message: 'Required value', field: 'spec.selector' }) },
    {
      what: 'a validation error beside an immutable field',
      error: refusal(
        422,
        { message: 'field is immutable', field: 'spec.selector' },
        { message: 'Invalid value: -1: must be greater than or equal to 0', field: 'spec.replicas' },
      ),
    },
    { what: 'a refusal without causes', error: refusal(422) },
    { what: 'a conflict', error: refusal(409, { message: 'field is immutable', field: 'spec' }) },
    { what: 'another error', error: new Error('field is immutable') },
  ])('$what is none', ({ error }) => {
    expect(immutableFields(error)).toBeUndefined();
  });
});

test.each([
  { annotations: { 'sluice.dev/force': 'enabled' }, asks: true },
  { annotations: { 'sluice.dev/force': 'true' }, asks: false },
  { annotations: { 'kustomize.toolkit.fluxcd.io/force': 'enabled' }, asks: true },
  { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false, Force=true' }, asks: true },
  { annotations: { 'argocd.argoproj.io/sync-options': 'Replace=false' }, asks: false },
  { annotations: { 'argocd.argoproj.io/hook': 'PreSync' }, asks: true },
  { annotations: {}, asks: false },
])('$annotations asks to be made anew: $asks', ({ annotations, asks }) => {
  const manifest = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a', annotations } };
  expect(asksForRecreation(manifest)).toBe(asks);
});
