import { describe, expect, test } from 'vitest';
import { immutableFields } from '../../../../infra/agent/apply/immutable.ts';
import { asksForRecreation } from '../../../../infra/agent/apply/recreate.ts';
import { SluiceError } from '../../../../shared/errors.ts';

const refusal = (code: number, ...causes: readonly { message: string; field?: string; reason?: string }[]) =>
  new SluiceError({
    code: 'cluster-refused',
    subject: 'deployment/shop/web',
    found: 'field is immutable',
    cause: { code, message: 'field is immutable', details: { causes } },
  });

/** A refusal in a webhook's own words. */
const denial = (code: number, message: string) =>
  new SluiceError({ code: 'cluster-refused', subject: 'widget/a', found: message, cause: { code, message } });

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
    { message: 'Invalid value: "string": failed rule: self == oldSelf', field: 'spec.size' },
    { message: 'Invalid value: "object": failed rule: self.a == oldSelf.a && self.b == oldSelf.b', field: 'spec' },
    { message: 'Invalid value: "object": failed rule: oldSelf.a == self.a', field: 'spec' },
    { message: 'Invalid value: "object": failed rule: has(self.a) == has(oldSelf.a)', field: 'spec' },
    { message: 'Forbidden: pod updates may not change fields other than `spec.containers[*].image`', field: 'spec' },
    { message: 'Invalid value: "object": storageClass cannot be changed', field: 'spec.storageClass' },
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
    {
      what: 'a value that is not among those there are',
      error: refusal(422, {
        message: 'Unsupported value: "immutable": supported values: "is immutable", "mutable"',
        field: 'spec.mode',
        reason: 'FieldValueNotSupported',
      }),
    },
    {
      what: 'a value that says so itself',
      error: refusal(422, {
        message:
          'Invalid value: "field is immutable": a lowercase RFC 1123 label must consist of lower case characters',
        field: 'spec.name',
        reason: 'FieldValueInvalid',
      }),
    },
    {
      what: 'a rule that looks at the new object alone',
      error: refusal(422, { message: 'Invalid value: "object": failed rule: self.min <= self.max', field: 'spec' }),
    },
    {
      what: 'a rule that quotes the other',
      error: refusal(422, { message: 'Invalid value: "object": failed rule: self.a != "oldSelf"', field: 'spec' }),
    },
    { what: 'a lack of rights', error: denial(403, 'widgets "is immutable" is forbidden: User "a" cannot patch') },
    {
      what: 'a webhook’s list of which one is no change',
      error: denial(
        403,
        'admission webhook "w" denied the request: [spec.a: field is immutable, spec.b: Required value]',
      ),
    },
    {
      what: 'a webhook’s list with another fault in it',
      error: denial(403, 'admission webhook "w" denied the request: [spec.a: field is immutable, spec.b: not a date]'),
    },
    {
      what: 'a webhook’s freeze',
      error: denial(
        403,
        'admission webhook "freeze" denied the request: objects of production cannot be changed today',
      ),
    },
    {
      what: 'a webhook’s word on all updates',
      error: denial(403, 'admission webhook "freeze" denied the request: updates to production are forbidden'),
    },
    {
      what: 'a policy’s freeze',
      error: refusal(422, {
        message: "ValidatingAdmissionPolicy 'freeze' denied request: deployments may not be modified on Fridays",
      }),
    },
    {
      what: 'a rule that lets a value grow',
      error: refusal(422, { message: 'Invalid value: "string": failed rule: self >= oldSelf', field: 'spec.size' }),
    },
    { what: 'a fault of the server', error: denial(500, 'internal error: the cache is immutable') },
    { what: 'a conflict', error: refusal(409, { message: 'field is immutable', field: 'spec' }) },
    { what: 'another error', error: new Error('field is immutable') },
  ])('$what is none', ({ error }) => {
    expect(immutableFields(error)).toBeUndefined();
  });
});

test.each([
  { code: 403, message: 'admission webhook "w.example.com" denied the request: spec.size is immutable' },
  { code: 400, message: 'admission webhook "w.example.com" denied the request: field is immutable' },
  {
    code: 403,
    message: 'admission webhook "w.example.com" denied the request: spec.size: Forbidden: may not be changed',
  },
  {
    code: 403,
    message: 'admission webhook "w" denied the request: [spec.a: field is immutable, spec.b: is immutable]',
  },
])('a webhook that refuses a change by $code names no field', ({ code, message }) => {
  expect(immutableFields(denial(code, message))).toEqual([]);
});

test('a policy that refuses a change names no field', () => {
  const message =
    "ValidatingAdmissionPolicy 'fixed' with binding 'all' denied request: failed expression: object.spec.size == oldObject.spec.size";
  expect(immutableFields(refusal(422, { message }))).toEqual([]);
});

test.each([
  { annotations: { 'sluice.dev/force': 'enabled' }, asks: true },
  { annotations: { 'sluice.dev/force': 'true' }, asks: false },
  { annotations: { 'kustomize.toolkit.fluxcd.io/force': 'enabled' }, asks: true },
  { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false, Force=true' }, asks: true },
  { annotations: { 'argocd.argoproj.io/sync-options': 'Replace=true' }, asks: false },
  { annotations: { 'argocd.argoproj.io/sync-options': 'Replace=true,Force=true' }, asks: true },
  { annotations: { 'argocd.argoproj.io/sync-options': 'Force=false' }, asks: false },
  { annotations: { 'kustomize.toolkit.fluxcd.io/force': 'Enabled' }, asks: true },
  { annotations: { 'argocd.argoproj.io/hook': 'PreSync' }, asks: true },
  { annotations: {}, asks: false },
])('$annotations asks to be made anew: $asks', ({ annotations, asks }) => {
  const manifest = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a', annotations } };
  expect(asksForRecreation(manifest)).toBe(asks);
});

test.each(['argocd.argoproj.io/hook', 'helm.sh/hook'])(
  'what stays when it was a hook by %s is not made anew',
  (hook) => {
    const metadata = { name: 'a', annotations: { [hook]: hook === 'helm.sh/hook' ? 'post-install' : 'PostSync' } };
    expect(asksForRecreation({ apiVersion: 'example.com/v1', kind: 'Database', metadata })).toBe(false);
  },
);

test('a label asks to be made anew as an annotation does', () => {
  const labels = { 'kustomize.toolkit.fluxcd.io/force': 'Enabled' };
  expect(asksForRecreation({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a', labels } })).toBe(true);
});
