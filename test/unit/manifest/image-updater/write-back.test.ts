import { describe, expect, test } from 'vitest';
import {
  annotatedWriteBack,
  NO_WRITE_BACK,
  overWriteBack,
  targetOf,
} from '../../../../shared/manifest/image-updater/write-back.ts';

describe('where updates are written', () => {
  test.each([
    { method: 'git', target: 'kustomization', found: { kind: 'kustomization', folder: 'apps/web' } },
    { method: 'git', target: 'kustomization:../../base', found: { kind: 'kustomization', folder: 'base' } },
    { method: 'git', target: 'kustomization:/clusters/a', found: { kind: 'kustomization', folder: 'clusters/a' } },
    { method: 'git', target: 'kustomization:/', found: { kind: 'kustomization', folder: '' } },
    { method: 'git', target: 'helmvalues', found: { kind: 'helmvalues', file: 'apps/web/values.yaml' } },
    { method: 'git', target: 'helmvalues:./prod.yaml', found: { kind: 'helmvalues', file: 'apps/web/prod.yaml' } },
    { method: 'git', target: 'helmvalues:/values/web.yaml', found: { kind: 'helmvalues', file: 'values/web.yaml' } },
    {
      method: 'git:secret:argocd/creds',
      target: 'kustomization',
      found: { kind: 'kustomization', folder: 'apps/web' },
    },
    { method: 'git', target: undefined, found: { kind: 'anywhere' } },
    { method: 'argocd', target: 'kustomization', found: { kind: 'anywhere' } },
    { method: undefined, target: 'kustomization', found: { kind: 'anywhere' } },
  ])('by $method at $target', ({ method, target, found }) => {
    expect(targetOf({ ...NO_WRITE_BACK, method, target }, 'apps/web')).toEqual(found);
  });

  test.each([
    {
      method: 'gti',
      target: undefined,
      fault: 'the write-back method is "gti"; expected git or argocd; did you mean git?',
    },
    { method: 'git:', target: undefined, fault: 'the write-back method is "git:"' },
    { method: 'git', target: 'kustomize:base', fault: 'expected kustomization:FOLDER or helmvalues:FILE' },
    { method: 'git', target: 'helmvalue:a.yaml', fault: 'did you mean helmvalues?' },
    { method: 'git', target: 'kustomization:../../../x', fault: 'leads out of the repository' },
  ])('not by $method at $target', ({ method, target, fault }) => {
    expect(targetOf({ ...NO_WRITE_BACK, method, target }, 'apps/web')).toEqual({
      fault: expect.stringContaining(fault),
    });
  });

  test('is read from annotations, and what is nearer goes over it part by part', () => {
    const prefix = 'argocd-image-updater.argoproj.io/';
    const read = annotatedWriteBack({
      [`${prefix}write-back-method`]: 'git',
      [`${prefix}write-back-target`]: ' kustomization ',
      [`${prefix}git-branch`]: '',
    });
    expect(read).toEqual({ method: 'git', target: 'kustomization', branch: undefined, repository: undefined });
    expect(overWriteBack(read, { ...NO_WRITE_BACK, target: 'helmvalues', branch: 'main' })).toEqual({
      method: 'git',
      target: 'helmvalues',
      branch: 'main',
      repository: undefined,
    });
  });
});
