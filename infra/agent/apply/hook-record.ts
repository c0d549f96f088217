import { createHash } from 'node:crypto';
import { type Fingerprint, manifestDigest } from '../inventory/fingerprint.ts';
import type { Manifest } from '../manifest.ts';
import { PHASES, type Phase } from './hooks.ts';

/** What became of a hook in a phase; one that was deleted had completed. */
export type HookState = 'complete' | 'failed' | 'deleted';

/** What became of a hook in the phases of one revision. It stands in the inventory where other objects' fingerprints do. */
export type HookRecord = Readonly<Partial<Record<Phase, HookState>>>;

const STATES = ['complete', 'failed', 'deleted'] as const;
const CHARACTERS = 16;

/**
 * What a revision asks for, as a short text: hooks run once for each. A commit that changes nothing of what is rendered
 * is none for them.
 */
export function revisionDigest(manifests: readonly Manifest[]): string {
  const digests = manifests.map(manifestDigest).toSorted().join('\n');
  return createHash('sha256').update(digests).digest('base64url').slice(0, CHARACTERS);
}

/** The record of a hook for a revision; empty where the inventory tells of another. */
export function recordOf(applied: Fingerprint | undefined, revision: string): HookRecord {
  return applied?.manifest === revision ? Object.fromEntries(parse(applied.fields)) : {};
}

/** Such a record as the inventory keeps it. */
export function toFingerprint(record: HookRecord, revision: string): Fingerprint {
  const states = PHASES.flatMap((phase) => (record[phase] === undefined ? [] : [`${phase}=${record[phase]}`]));
  return { manifest: revision, fields: states.join(',') };
}

/** Is it the record of a hook, of whatever revision? */
export function isHookRecord(applied: Fingerprint | undefined): boolean {
  return applied !== undefined && parse(applied.fields).length > 0;
}

function parse(text: string): readonly (readonly [Phase, HookState])[] {
  return text.split(',').flatMap((one) => {
    const [name, value] = one.split('=');
    const phase = PHASES.find((known) => known === name);
    const state = STATES.find((known) => known === value);
    return phase === undefined || state === undefined ? [] : [[phase, state] as const];
  });
}
