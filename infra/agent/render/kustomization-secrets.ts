import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Kustomization } from './kustomization.ts';
import { isRecord } from './record.ts';
import { documentsOf, valuesOfSecret } from './secret-values.ts';

/**
 * The secret values in the files of a kustomization that cannot be built: its Secrets, and what its generators of
 * Secrets are given. Kustomize quotes them in its reasons, and nothing that it made tells them.
 */
export async function secretsOfKustomization(
  root: string,
  { file, files }: Pick<Kustomization, 'file' | 'files'>,
): Promise<readonly string[]> {
  const found: (readonly string[])[] = [];
  for (const one of new Set([file, ...files])) {
    for (const value of documentsOf(await textOf(join(root, one)))) {
      found.push(valuesOfSecret(value), await givenToGenerators(root, dirname(one), value));
    }
  }
  return found.flat();
}

/** @see https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/secretgenerator/ */
async function givenToGenerators(root: string, folder: string, value: unknown): Promise<readonly string[]> {
  const generators = isRecord(value) ? textsAndMaps(value['secretGenerator']).filter(isRecord) : [];
  const literals = generators.flatMap((one) => textsIn(one['literals']));
  const names = generators.flatMap(({ files, envs, env }) => [files, envs, [env]].flatMap(textsIn));
  const texts = await Promise.all(names.map(async (name) => textOf(join(root, folder, afterEqualSign(name)))));
  const lines = texts.flatMap((text) => text.split('\n'));
  return [...literals, ...literals.map(afterEqualSign), ...texts, ...lines.map(afterEqualSign)];
}

function textsAndMaps(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsIn(value: unknown): readonly string[] {
  return textsAndMaps(value).filter((one) => typeof one === 'string');
}

function afterEqualSign(text: string): string {
  return text.slice(text.indexOf('=') + 1).trim();
}

/** Empty where it cannot be read. */
async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
