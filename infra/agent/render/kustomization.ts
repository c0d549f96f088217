import { basename } from 'node:path';
import { type KustomizationContents, KustomizationSurvey } from './kustomization-survey.ts';
import { isRecord } from './record.ts';
import { SourceIgnore } from './source-ignore.ts';
import type { Tools } from './tools.ts';

/** A kustomization, and what it is made of. Paths are from the root of the repository. */
export interface Kustomization extends KustomizationContents {
  readonly folder: string;
  /** `k8s/kustomization.yaml` */
  readonly file: string;
  /** A component changes what others have, and is nothing by itself. */
  readonly isComponent: boolean;
}

/**
 * Reads a kustomization and those that it is made of. Every place that kustomize's loader would read has to be proved
 * to be in the repository; what is not is a failure.
 */
export async function openKustomization(
  root: string,
  folder: string,
  ignored = new SourceIgnore(root),
): Promise<Kustomization> {
  const survey = new KustomizationSurvey(root, folder, ignored);
  const { file, value } = await survey.run();
  const isComponent = isRecord(value) && value['kind'] === 'Component';
  return { folder, file, isComponent, ...survey.result() };
}

/** Builds a kustomization that has no failures. @throws SluiceError `render-failed` */
export async function buildKustomization(
  root: string,
  { folder, readsOutside }: Kustomization,
  tools: Tools,
): Promise<string> {
  // kubectl has kustomize in it.
  const verb = basename(tools.command('kustomize')).startsWith('kubectl') ? 'kustomize' : 'build';
  // As Flux has it: a file of the repository is as good as one of the folder. Only where one is needed.
  const restrictor = readsOutside ? 'LoadRestrictionsNone' : 'LoadRestrictionsRootOnly';
  const commandLine = [verb, '--load-restrictor', restrictor, '--', `./${folder}`];
  return tools.run('kustomize', { arguments: commandLine, directory: root });
}
