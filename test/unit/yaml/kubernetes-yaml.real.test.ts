import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../shared/yaml/json.ts';
import { readYaml } from '../../../shared/yaml/read.ts';
import { partPath } from '../../cluster/parts.ts';
import { type Difference, type KubernetesAnswer, LISTED } from './listed-differences.ts';
import { PUBLIC_SHAPES, slippedShape } from './public-shapes.ts';
import { writtenYaml } from './written-yaml.ts';

/** Asks the reader that kubectl 1.35, Flux and Argo CD have: sigs.k8s.io/yaml. */
function askKubernetes(texts: readonly string[]): readonly KubernetesAnswer[] {
  const input = texts.map((text) => `${Buffer.byteLength(text)}\n${text}`).join('');
  const output = execFileSync(partPath('yaml-values'), { input, maxBuffer: 512 * 1024 * 1024, encoding: 'utf8' });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => parseJson(line) as KubernetesAnswer);
}

function compare(text: string, answer: KubernetesAnswer): Difference | 'equal' | 'refused by both' {
  const ours = readYaml(text);
  const here = ours.flatMap(({ faults }) => faults)[0]?.reason;
  const there = answer.documents.find(({ error }) => error !== undefined)?.error;
  if (here !== undefined) {
    return there === undefined ? { kind: 'refused here', reason: here, text, answer } : 'refused by both';
  }
  if (there !== undefined) {
    return { kind: 'refused there', reason: there, text };
  }
  // Empty documents come to nothing, and are counted otherwise.
  const values = ours.map(({ value }) => value).filter((value) => value !== null);
  const theirs = answer.documents.map(({ json }) => json).filter((value) => value !== null);
  return isSame(values, theirs) ? 'equal' : { kind: 'other value', text };
}

/** Go prints -0 and floats that look like integers as JSON has them: as numbers they are the same. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && (typeof other === 'number' || typeof other === 'bigint')) {
    return one === Number(other);
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  const [left, right] = [Object.entries(one), new Map(Object.entries(other))];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && isSame(value, right.get(name)))
  );
}

/** What of these texts is not read alike and not listed, and how many documents were. */
function survey(texts: readonly string[]) {
  let equal = 0;
  const unlisted: { readonly text: string; readonly difference: Difference }[] = [];
  for (const [index, answer] of askKubernetes(texts).entries()) {
    const text = texts[index] ?? '';
    const difference = compare(text, answer);
    if (difference === 'equal') {
      equal += answer.documents.length;
    } else if (difference !== 'refused by both' && !LISTED.some(({ is }) => is(difference))) {
      unlisted.push({ text, difference });
    }
  }
  return { equal, unlisted };
}

describe('our reader and Kubernetes’ agree', () => {
  test('on manifests as public repositories have them', () => {
    expect(askKubernetes(PUBLIC_SHAPES).map((answer, index) => compare(PUBLIC_SHAPES[index] ?? '', answer))).toEqual(
      PUBLIC_SHAPES.map(() => 'equal'),
    );
  });

  test('on 6,000 of these with slips of a hand', () => {
    const { equal, unlisted } = survey(fc.sample(slippedShape, { numRuns: 6000, seed: 12 }));
    expect(unlisted).toEqual([]);
    expect(equal).toBeGreaterThan(3000);
  });

  test('on 8,000 generated texts, of one to three documents', () => {
    const { equal, unlisted } = survey(fc.sample(writtenYaml, { numRuns: 8000, seed: 12 }));
    expect(unlisted).toEqual([]);
    expect(equal).toBeGreaterThan(4000);
  });
});

describe('they differ, and are meant to, where', () => {
  test.each(LISTED)('$name: $why', ({ example, is }) => {
    const [answer] = askKubernetes([example]);
    expect(answer && compare(example, answer)).toSatisfy(is);
  });
});
