import { expect, test } from 'vitest';
import { joinFiles } from '../../../shared/manifest/join.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import { remarkFindings } from '../../../shared/operator/remark-checks.ts';
import { application } from '../../fakes/argo.ts';
import { deployment } from '../../fakes/manifests.ts';

test('what Applications of Argo CD do not govern is a warning, and what of them is not followed is a word', () => {
  const annotations = { 'image-list': 'web=o/web:~1, db=postgres:15.x', 'web.platforms': 'linux/arm64' };
  const { remarks } = joinFiles([
    scanFile('argocd/web.yaml', application({ annotations })),
    scanFile('apps/web/web.yaml', deployment('o/web:1.0.0', 'semver:~1')),
  ]);
  expect(remarkFindings({ remarks })).toEqual([
    {
      status: 'warning',
      subject: 'policies elsewhere',
      found: 'application/argocd/web: postgres is not updated: no tag of it stands in its manifest or apps/web',
      next: 'These images are not updated: mend what is named.',
    },
    {
      status: 'ok',
      subject: 'policies elsewhere',
      found: 'application/argocd/web: the platforms of o/web (linux/arm64) are not looked at',
    },
  ]);
});
