import { expect, test } from 'vitest';
import { joinFiles } from '../../../../shared/manifest/join.ts';
import { scanFile } from '../../../../shared/manifest/scan.ts';
import { application, imageUpdater } from '../../../fakes/argo.ts';
import { deployment } from '../manifests.ts';

const MANY = 150;
const ALL = Array.from({ length: MANY }, (_, index) => index);

test('many Applications, values and workloads are brought together in little time', () => {
  const values = ALL.slice(0, 30).map((index) => `v${index}: {image: {repository: o/w, tag: "1.0"}}\n`);
  const files = ALL.flatMap((index) => [
    scanFile(
      `argocd/${index}.yaml`,
      application({
        name: `a${index}`,
        annotations: { 'image-list': 'w=o/w:~1, x=o/x' },
        source: `path: apps/${index}`,
      }),
    ),
    scanFile(`apps/${index}/values.yaml`, values.join('')),
    scanFile(`apps/${index}/web.yaml`, deployment('o/w:1.0')),
  ]);
  const rules = ALL.map((index) => `- {namePattern: "b*${index}", images: []}`);
  const updaters = ALL.slice(0, 20).map((index) =>
    scanFile(`u/${index}.yaml`, imageUpdater(['applicationRefs:', ...rules.slice(0, 50)], `u${index}`)),
  );
  const start = performance.now();
  const { sites } = joinFiles([...files, ...updaters]);
  expect(performance.now() - start).toBeLessThan(2000);
  expect(sites.filter(({ policy }) => policy?.text === 'semver:~1')).toHaveLength(MANY);
});
