import { expect, test } from 'vitest';
import { filesOfUpdates } from '../../../../functions/commit-image/branch/update-files.ts';
import type { ImageUpdate } from '../../../../shared/queue/messages.ts';
import { application } from '../../../fakes/argo.ts';
import { fluxPolicy } from '../../../fakes/flux-v2.ts';
import { imageUpdate } from '../../../fakes/image-updates.ts';
import { deployment } from '../../../fakes/manifests.ts';
import { memoryGitHost, watched } from '../../../fakes/memory-git-host.ts';

const WEB = 'registry.example.com/web';
const FILES = {
  'argocd/web.yaml': application({ annotations: { 'image-list': `web=${WEB}:~1` } }),
  'apps/web/kustomization.yaml': `images:\n- name: ${WEB}\n  newTag: "1.0"\n`,
  'flux.yaml': fluxPolicy(),
  'own.yaml': deployment(`${WEB}:1.0`, 'semver:~1'),
};

function updateOf(file: string, site: Pick<ImageUpdate['site'], 'object' | 'container'>): ImageUpdate {
  const update = imageUpdate({ url: 'u', image: WEB, file, from: '1.0', to: '1.1', revision: 'r' });
  return { ...update, site: { ...site, file } };
}

const kustomized = updateOf('apps/web/kustomization.yaml', { object: 'kustomization', container: WEB });
const beside = updateOf('own.yaml', { object: 'deployment/default/web', container: 'web' });

test.each([
  {
    name: 'the files that an update names',
    update: { ...kustomized, declaredIn: ['argocd/web.yaml'] },
    read: ['apps/web/kustomization.yaml', 'argocd/web.yaml'],
  },
  { name: 'its own file, where the policy stands beside it', update: beside, read: ['own.yaml'] },
  {
    name: 'all files, where no policy stands beside it and it does not say which declares it',
    update: kustomized,
    read: Object.keys(FILES),
  },
  {
    name: 'its own file, where what it is of is gone',
    update: { ...kustomized, site: { ...kustomized.site, container: 'other' } },
    read: ['apps/web/kustomization.yaml'],
  },
])('reads $name', async ({ update, read }) => {
  const host = memoryGitHost(FILES);
  const { others } = await filesOfUpdates([update], await host.head('main'), watched(host));
  expect(others.map(({ path }) => path).toSorted()).toEqual(read.toSorted());
});
