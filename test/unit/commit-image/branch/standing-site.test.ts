import { expect, test } from 'vitest';
import { standingSite } from '../../../../functions/commit-image/branch/standing-site.ts';
import { EditedManifests } from '../../../../shared/manifest/edited-manifests.ts';
import type { ImageUpdate } from '../../../../shared/queue/messages.ts';
import { application } from '../../../fakes/argo.ts';

const WEB = 'ghcr.io/o/web';
const APP = 'argocd/web.yaml';
const FILE = 'apps/web/kustomization.yaml';

const update: ImageUpdate = {
  version: 1,
  repository: 'https://git.example.com/team/deploy.git',
  branch: 'main',
  revision: 'a'.repeat(40),
  site: { file: FILE, object: 'kustomization', container: WEB },
  image: WEB,
  from: `${WEB}:1.0`,
  to: { tag: '1.1', digest: undefined },
  policy: 'semver:~1',
  push: { id: '1', source: 'test', receivedAt: '2026-01-01T00:00:00Z' },
  declaredIn: [APP],
};

test.each([
  { name: 'with annotations', annotations: { 'image-list': `web=${WEB}:~1` } },
  { name: 'that an ImageUpdater selects', annotations: {} },
])('an Application $name that cannot be read any more fails its update', async ({ annotations }) => {
  const broken = `${application({ annotations })}broken: [\n`;
  const manifests = new EditedManifests([
    { path: FILE, text: `kind: Kustomization\nimages:\n- {name: ${WEB}, newTag: "1.0"}\n` },
    { path: APP, text: broken },
  ]);
  expect(await standingSite(update, manifests, [])).toMatchObject({
    action: 'fail',
    error: { code: 'manifest-invalid', subject: expect.stringContaining(APP) },
  });
});
