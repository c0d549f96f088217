import { describe, expect, test } from 'vitest';
import { joinFiles } from '../../../../shared/manifest/join.ts';
import { scanFile } from '../../../../shared/manifest/scan.ts';
import { application, imageUpdater } from '../../../fakes/argo.ts';
import { deployment } from '../manifests.ts';

const WEB = 'ghcr.io/o/web';
const APP = 'argocd/web.yaml';
const ORIGIN = { url: 'https://git.example.com/team/deploy', branch: 'main' };

function join(files: Readonly<Record<string, string>>) {
  const scanned = Object.entries(files).map(([file, text]) => scanFile(file, text));
  return joinFiles(scanned, ORIGIN);
}

/** `file path image: policy` of each site that has a policy. */
function governed(files: Readonly<Record<string, string>>): readonly string[] {
  return join(files).sites.flatMap(({ file, path, image, policy }) =>
    policy === undefined ? [] : [`${file} ${path} ${image}: ${policy.text}`],
  );
}

function remarks(files: Readonly<Record<string, string>>): readonly string[] {
  return join(files).remarks.map(({ reason }) => reason);
}

const kustomization = (entry: string) => `kind: Kustomization\nimages:\n- {${entry}}\n`;
const git = { 'write-back-method': 'git' };
const annotated = { 'image-list': `web=${WEB}:~1` };

describe('the files that an Application with annotations governs', () => {
  test.each([
    {
      name: 'the kustomization that it names',
      files: {
        [APP]: application({ annotations: { ...annotated, ...git, 'write-back-target': 'kustomization:../base' } }),
        'apps/base/kustomization.yaml': kustomization(`name: ${WEB}, newTag: "1.0"`),
        'apps/web/kustomization.yaml': kustomization(`name: ${WEB}, newTag: "1.0"`),
      },
      sites: [`apps/base/kustomization.yaml images[0].newTag ${WEB}:1.0: semver:~1`],
    },
    {
      name: 'a kustomization that renames the image',
      files: {
        [APP]: application({
          annotations: {
            ...annotated,
            ...git,
            'write-back-target': 'kustomization',
            'web.kustomize.image-name': 'web',
          },
        }),
        'apps/web/kustomization.yaml': kustomization(`name: web, newName: ${WEB}, newTag: 1.10`),
      },
      sites: [`apps/web/kustomization.yaml images[0].newTag ${WEB}:1.10: semver:~1`],
    },
    {
      name: 'a kustomization with a digest',
      files: {
        [APP]: application({
          annotations: {
            'image-list': `web=${WEB}:main`,
            ...git,
            'write-back-target': 'kustomization',
            'web.update-strategy': 'digest',
          },
        }),
        'apps/web/kustomization.yaml': kustomization(`name: ${WEB}, newTag: main, digest: ""`),
      },
      sites: [`apps/web/kustomization.yaml images[0].newTag ${WEB}:main: tag:main; pin`],
    },
    {
      name: 'the values that it names, by its paths',
      files: {
        [APP]: application({
          annotations: {
            'image-list': `web=${WEB}:~1, db=postgres:15.x`,
            ...git,
            'write-back-target': 'helmvalues:/values/web.yaml',
            'web.helm.image-name': 'web.image.repository',
            'web.helm.image-tag': 'web.image.tag',
            'db.helm.image-spec': 'db[0].image',
          },
        }),
        'values/web.yaml': `web:\n  image: {repository: ${WEB}, tag: 1.0}\ndb:\n- image: postgres:15.1\nother: {tag: "1"}\n`,
        'values/other.yaml': `web:\n  image: {repository: ${WEB}, tag: 1.0}\n`,
      },
      sites: [
        `values/web.yaml web.image.tag ${WEB}:1.0: semver:~1`,
        'values/web.yaml db[0].image postgres:15.1: semver:15.x',
      ],
    },
    {
      name: 'values that are called so, with no image by that word',
      files: {
        [APP]: application({
          annotations: { ...annotated, ...git, 'write-back-target': 'helmvalues', 'web.helm.image-tag': 'web.tag' },
        }),
        'apps/web/values.yaml': `web: {repository: o/web, tag: 1.0}\n`,
      },
      sites: [`apps/web/values.yaml web.tag ${WEB}:1.0: semver:~1`],
    },
    {
      name: 'its own parameters, and the file of them',
      files: {
        [APP]: application({
          annotations: { ...annotated, ...git },
          source: `path: apps/web, helm: {parameters: [{name: image.name, value: ${WEB}}, {name: image.tag, value: "1.0"}]}`,
        }),
        'apps/web/.argocd-source-web.yaml': `helm:\n  parameters:\n  - {name: image.tag, value: "1.1", forcestring: true}\n`,
        'apps/web/.argocd-source-api.yaml': `helm:\n  parameters:\n  - {name: image.tag, value: "1.1", forcestring: true}\n`,
      },
      sites: [
        `${APP} spec.source.helm.parameters[1].value ${WEB}:1.0: semver:~1`,
        `apps/web/.argocd-source-web.yaml helm.parameters[0].value ${WEB}:1.1: semver:~1`,
      ],
    },
    {
      name: 'its own images of kustomize, by the updater default',
      files: {
        [APP]: application({
          annotations: annotated,
          source: `path: apps/web, kustomize: {images: ["web=${WEB}:1.0", "other:1"]}`,
        }),
      },
      sites: [`${APP} spec.source.kustomize.images[0] ${WEB}:1.0: semver:~1`],
    },
    {
      name: 'values that a chart of another place takes from here, and no workload',
      files: {
        [APP]: application({
          annotations: { ...annotated, 'web.helm.image-tag': 'web.tag' },
          source:
            'path: x}\n  sources:\n  - {repoURL: "https://charts.example.com", chart: web, targetRevision: 1.0.0, helm: {valueFiles: [$values/envs/web.yaml]}}\n  - {repoURL: "https://git.example.com/team/deploy", ref: values',
        }),
        'envs/web.yaml': 'web: {tag: "1.0"} # image\n',
        'apps/web/a.yaml': deployment(`${WEB}:1.0`),
      },
      sites: [`envs/web.yaml web.tag ${WEB}:1.0: semver:~1`],
    },
    {
      name: 'values for a chart of another place, in the repository that it names',
      files: {
        [APP]: application({
          annotations: {
            ...annotated,
            ...git,
            'git-repository': 'https://git.example.com/team/deploy.git',
            'write-back-target': 'helmvalues:/envs/web.yaml',
          },
          source: 'chart: web, targetRevision: 1.0.0',
        }),
        'envs/web.yaml': 'image: {tag: "1.0"}\n',
        'apps/web/a.yaml': deployment(`${WEB}:1.0`),
      },
      sites: [`envs/web.yaml image.tag ${WEB}:1.0: semver:~1`],
    },
    {
      name: 'its own object of values',
      files: {
        [APP]: application({
          annotations: { ...annotated, 'web.helm.image-tag': 'web.tag' },
          source: 'path: apps/web, helm: {valuesObject: {web: {tag: "1.0"}}}',
        }),
      },
      sites: [`${APP} spec.source.helm.valuesObject.web.tag ${WEB}:1.0: semver:~1`],
    },
    {
      name: 'no workload where it names a target',
      files: {
        [APP]: application({ annotations: { ...annotated, ...git, 'write-back-target': 'kustomization' } }),
        'apps/web/kustomization.yaml': kustomization(`name: ${WEB}, newTag: "1.0"`),
        'apps/web/a.yaml': deployment(`${WEB}:1.0`),
      },
      sites: [`apps/web/kustomization.yaml images[0].newTag ${WEB}:1.0: semver:~1`],
    },
    {
      name: 'workloads below its path that have the image, and no others',
      files: {
        [APP]: application({ annotations: annotated }),
        'apps/web/deploy/web.yaml': deployment(`${WEB}:1.0`),
        'apps/web/deploy/db.yaml': deployment('postgres:15'),
        'apps/api/web.yaml': deployment(`${WEB}:1.0`),
      },
      sites: [`apps/web/deploy/web.yaml spec.template.spec.containers[0].image ${WEB}:1.0: semver:~1`],
    },
  ])('$name', ({ files, sites }) => {
    expect(governed(files)).toEqual(sites);
    expect(remarks(files)).toEqual([]);
  });

  test('are named with the policy, so that it is found again', () => {
    const [site] = join({
      [APP]: application({ annotations: annotated }),
      'apps/web/a.yaml': deployment(`${WEB}:1`),
    }).sites;
    expect(site?.policy).toEqual({ dialect: 'image-updater', text: 'semver:~1', declaredIn: [APP] });
  });
});

describe('what is not governed is told, with the name of the Application', () => {
  const subject = 'application/argocd/web';
  const at = 'apps/web/kustomization.yaml';
  const toKustomization = application({ annotations: { ...annotated, ...git, 'write-back-target': 'kustomization' } });

  test.each([
    {
      name: 'an image that stands nowhere',
      files: { [APP]: application({ annotations: annotated }) },
      says: `${subject}: ${WEB} is not updated: no tag of it stands in its manifest or apps/web`,
    },
    {
      name: 'an image that may stand in a text of values',
      files: {
        [APP]: application({ annotations: annotated, source: 'path: apps/web, helm: {values: "image: {tag: 1}"}' }),
      },
      says: `${subject}: ${WEB} is not updated: no tag of it stands in its manifest or apps/web; its helm.values is text, which is not looked into`,
    },
    {
      name: 'an image that the kustomization has no tag of',
      files: { [APP]: toKustomization, [at]: kustomization(`name: ${WEB}`) },
      says: `${subject}: ${WEB} is not updated: no tag of it stands in the images of the kustomization in apps/web`,
    },
    {
      name: 'a value that is not there',
      files: {
        [APP]: application({
          annotations: { ...annotated, ...git, 'write-back-target': 'helmvalues', 'web.helm.image-tag': 'a.tag' },
        }),
        'apps/web/values.yaml': 'b: {tag: "1"}\n',
      },
      says: `${subject}: ${WEB} is not updated: no tag of it stands in a.tag of apps/web/values.yaml`,
    },
    {
      name: 'a repository that is another',
      files: {
        [APP]: application({
          annotations: { ...annotated, ...git, 'git-repository': 'https://git.example.com/team/other' },
        }),
        'apps/web/a.yaml': deployment(`${WEB}:1`),
      },
      says: `${subject}: ${WEB} is not updated: no tag of it stands in its manifest or its path; its files are in another repository, https://git.example.com/team/other`,
    },
    {
      name: 'a branch that is another',
      files: {
        [APP]: application({ annotations: annotated, source: 'path: apps/web, targetRevision: production' }),
        'apps/web/a.yaml': deployment(`${WEB}:1`),
      },
      says: `${subject}: ${WEB} is not updated: no tag of it stands in its manifest or its path; its files are on another branch, production`,
    },
    {
      name: 'a place for no digest',
      files: {
        [APP]: application({
          annotations: {
            'image-list': `web=${WEB}:main`,
            ...git,
            'write-back-target': 'kustomization',
            'web.update-strategy': 'digest',
          },
        }),
        [at]: kustomization(`name: ${WEB}, newTag: main`),
      },
      says: `${at}:3 kustomization: ${subject}: ${WEB} is not updated: its policy asks for a digest, and there is no place for one; write digest: "" beside newTag`,
    },
    {
      name: 'a kustomization that would get another name',
      files: {
        [APP]: application({
          annotations: {
            ...annotated,
            ...git,
            'write-back-target': 'kustomization',
            'web.kustomize.image-name': 'web',
          },
        }),
        [at]: kustomization('name: web, newTag: "1.0"'),
      },
      says: `${at}:3 kustomization: ${subject}: ${WEB} is not updated: web:1.0 stands there, and not ${WEB}: write that name by hand once`,
    },
    {
      name: 'a tag beside another image',
      files: {
        [APP]: application({ annotations: { ...annotated, ...git, 'write-back-target': 'helmvalues' } }),
        'apps/web/values.yaml': 'image: {repository: ghcr.io/o/api, tag: "1.0"}\n',
      },
      says: `apps/web/values.yaml:1 values: ${subject}: ${WEB} is not updated: ghcr.io/o/api stands there, and not ${WEB}: write that name by hand once`,
    },
    {
      name: 'two images for one value',
      files: {
        [APP]: application({
          annotations: { 'image-list': `a=${WEB}, b=o/b`, ...git, 'write-back-target': 'helmvalues' },
        }),
        'apps/web/values.yaml': 'image: {tag: "1.0"}\n',
      },
      says: `apps/web/values.yaml:1 values: ${subject}: ${WEB} is not updated: o/b is written to image.tag too; name another value for one of them by helm.image-tag`,
    },
    {
      name: 'a whole image where a tag is meant',
      files: {
        [APP]: application({
          annotations: { ...annotated, ...git, 'write-back-target': 'helmvalues', 'web.helm.image-tag': 'image' },
        }),
        'apps/web/values.yaml': `image: ${WEB}:1.0\n`,
      },
      says: `apps/web/values.yaml:1 values: ${subject}: ${WEB} is not updated: image holds a whole image, and not a tag; name it by helm.image-spec`,
    },
    {
      name: 'an unknown write-back target',
      files: {
        [APP]: application({ annotations: { ...annotated, ...git, 'write-back-target': 'kustomisation' } }),
        'apps/web/a.yaml': deployment(`${WEB}:1.0`),
      },
      says: `apps/web/a.yaml:10 deployment/default/web: ${subject}: ${WEB} is not updated: the write-back target is "kustomisation"; expected kustomization:FOLDER or helmvalues:FILE; did you mean kustomization?`,
    },
    {
      name: 'a container without a tag',
      files: { [APP]: application({ annotations: annotated }), 'apps/web/a.yaml': deployment(WEB) },
      says: `apps/web/a.yaml:10 deployment/default/web: ${subject}: ${WEB} is not updated: it has no tag there, which may come from elsewhere`,
    },
    {
      name: 'an unknown strategy',
      files: {
        [APP]: application({ annotations: { ...annotated, 'web.update-strategy': 'semvr' } }),
        'apps/web/a.yaml': deployment(`${WEB}:1.0`),
      },
      says: `apps/web/a.yaml:10 deployment/default/web: ${subject}: ${WEB} is not updated: the update strategy "semvr" is unknown; did you mean semver?`,
    },
    {
      name: 'an item of the list that is no image',
      files: { [APP]: application({ annotations: { 'image-list': 'WEB' } }) },
      says: `${subject}: "WEB" is no image; expected an image and a constraint like registry.example.com/team/app:~1.2`,
    },
    {
      name: 'platforms',
      files: {
        [APP]: application({ annotations: { ...annotated, 'web.platforms': 'linux/arm64' } }),
        'apps/web/a.yaml': deployment(`${WEB}:1.0`),
      },
      says: `${subject}: the platforms of ${WEB} (linux/arm64) are not looked at`,
    },
    {
      name: 'an ApplicationSet',
      files: {
        [APP]: `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec: {template: {metadata: {annotations: {argocd-image-updater.argoproj.io/image-list: a}}}}\n`,
      },
      says: 'applicationset/argocd/all: what its template says of images is not read; write an ImageUpdater or annotations on Applications that stand in a file',
    },
  ])('$name', ({ files, says }) => {
    expect(remarks(files)).toEqual([says]);
  });

  test.each([
    { name: 'a plain text file', files: { 'config.yaml': 'image: {tag: "1.0"}\nversion: "2"\n' } },
    {
      name: 'an Application that asks for nothing',
      files: { [APP]: application(), 'apps/web/a.yaml': deployment(`${WEB}:1`) },
    },
    { name: 'a kustomization by itself', files: { [at]: kustomization(`name: ${WEB}, newTag: "1.0"`) } },
  ])('but nothing of $name', ({ files }) => {
    expect(governed(files)).toEqual([]);
    expect(remarks(files)).toEqual([]);
  });
});

describe('an ImageUpdater', () => {
  const rules = (...lines: readonly string[]) =>
    imageUpdater(['applicationRefs:', '- namePattern: web', ...lines.map((line) => `  ${line}`)]);
  const images = `images: [{alias: web, imageName: "${WEB}:2.x"}]`;
  const manifest = { 'apps/web/a.yaml': deployment(`${WEB}:1.0`) };
  const path = 'apps/web/a.yaml spec.template.spec.containers[0].image';

  test('governs the Applications that it selects', () => {
    const files = { [APP]: application(), 'argocd/updater.yaml': rules(images), ...manifest };
    expect(governed(files)).toEqual([`${path} ${WEB}:1.0: semver:2.x`]);
    expect(join(files).sites[0]?.policy?.declaredIn).toEqual([APP, 'argocd/updater.yaml']);
    expect(remarks(files)).toEqual([]);
  });

  test('goes over annotations, which is told', () => {
    const files = { [APP]: application({ annotations: annotated }), 'argocd/updater.yaml': rules(images), ...manifest };
    expect(governed(files)).toEqual([`${path} ${WEB}:1.0: semver:2.x`]);
    expect(remarks(files)).toEqual([
      'application/argocd/web: its annotations do not count, for imageupdater/argocd/all selects it',
    ]);
  });

  test('lets annotations count where it says so', () => {
    const files = {
      [APP]: application({ annotations: annotated }),
      'argocd/updater.yaml': rules('useAnnotations: true', images),
      ...manifest,
    };
    expect(governed(files)).toEqual([`${path} ${WEB}:1.0: semver:~1`]);
  });

  test('is one of several that select an Application: the first by file decides, the other is told of', () => {
    const files = {
      [APP]: application(),
      'b.yaml': imageUpdater(
        ['applicationRefs:', '- namePattern: "*"', `  images: [{alias: web, imageName: "${WEB}:3.x"}]`],
        'other',
      ),
      'a.yaml': rules(images),
      ...manifest,
    };
    expect(governed(files)).toEqual([`${path} ${WEB}:1.0: semver:2.x`]);
    expect(remarks(files)).toEqual([
      'application/argocd/web: imageupdater/argocd/other selects it too, and does not count beside imageupdater/argocd/all',
    ]);
  });

  test.each([
    { name: 'web-prod', hint: '' },
    { name: 'wbe', hint: '; did you mean web?' },
  ])('that selects no Application by $name is told of', ({ name, hint }) => {
    const files = {
      [APP]: application(),
      'u.yaml': imageUpdater(['applicationRefs:', `- namePattern: ${name}`, `  ${images}`]),
      ...manifest,
    };
    expect(remarks(files)).toEqual([
      `imageupdater/argocd/all: no Application that is read is in its namespace and fits ${name}${hint}`,
    ]);
  });

  test('updates nothing where what it says of all cannot be read', () => {
    const files = {
      [APP]: application(),
      'u.yaml': imageUpdater([
        'commonUpdateSettings: {updateStrategy: 1}',
        'applicationRefs:',
        '- namePattern: web',
        `  ${images}`,
      ]),
      ...manifest,
    };
    expect(governed(files)).toEqual([]);
    expect(remarks(files)).toEqual([
      'imageupdater/argocd/all: updateStrategy is no text; put 1 in quotes',
      `apps/web/a.yaml:10 deployment/default/web: application/argocd/web: ${WEB} is not updated: imageupdater/argocd/all: updateStrategy is no text; put 1 in quotes`,
    ]);
  });
});

describe('where several say something of one image', () => {
  test('what stands beside it decides, and the updater is named', () => {
    const files = {
      [APP]: application({ annotations: annotated }),
      'apps/web/a.yaml': deployment(`${WEB}:1.0`, ['keel.sh/policy: minor']),
    };
    expect(join(files).sites[0]?.policy).toMatchObject({
      dialect: 'keel',
      overruled: ['image-updater semver:~1'],
    });
  });

  test('the Application of the deeper path decides, and the other is named', () => {
    const files = {
      'argocd/all.yaml': application({ name: 'all', annotations: { 'image-list': `${WEB}:2.x` }, source: 'path: .' }),
      [APP]: application({ annotations: annotated }),
      'apps/web/a.yaml': deployment(`${WEB}:1.0`),
    };
    expect(join(files).sites[0]?.policy).toMatchObject({
      text: 'semver:~1',
      overruled: ['image-updater semver:2.x (application/argocd/all)'],
    });
  });

  test('an Application without annotations that cannot be read, and may be selected, holds it', () => {
    const files = {
      [APP]: application({ annotations: { ...annotated, ...git, 'write-back-target': 'kustomization' } }),
      'apps/web/kustomization.yaml': kustomization(`name: ${WEB}, newTag: "1.0"`),
      'broken.yaml': `${application({})}b: [\n`,
    };
    expect(join(files).sites[0]?.policy?.held).toContain('what may say otherwise cannot be read: broken.yaml:');
  });

  test('a document that cannot be read, and may say otherwise, holds it', () => {
    const files = {
      [APP]: application({ annotations: annotated }),
      'apps/web/a.yaml': deployment(`${WEB}:1.0`),
      'broken.yaml': `metadata: {annotations: {argocd-image-updater.argoproj.io/image-list: "}}`,
    };
    expect(join(files).sites[0]?.policy?.held).toContain('what may say otherwise cannot be read: broken.yaml:1');
  });
});
