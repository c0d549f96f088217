import { annotationsOf, type Manifest } from '../manifest.ts';

/** Objects that are applied together, and are healthy before the next ones are. */
export interface Wave<T> {
  /** `wave -1`, `PreSync`, `PostSync, wave 2` */
  readonly name: string;
  readonly objects: readonly T[];
}

/** https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/ */
const PHASES = ['PreSync', 'Sync', 'PostSync'] as const;
type Phase = (typeof PHASES)[number];

const WAVE = 'argocd.argoproj.io/sync-wave';
const HOOK = 'argocd.argoproj.io/hook';
const HELM_WEIGHT = 'helm.sh/hook-weight';
const HELM_HOOK = 'helm.sh/hook';

/** Helm's hooks as Argo CD runs them: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-hooks */
const HELM_PHASES: Readonly<Record<string, Phase>> = {
  'pre-install': 'PreSync',
  'pre-upgrade': 'PreSync',
  'post-install': 'PostSync',
  'post-upgrade': 'PostSync',
};

/** Is an object a hook, of Argo CD or of Helm? It runs when it changes, and not with each revision. */
export function isHook(manifest: Manifest): boolean {
  const annotations = annotationsOf(manifest);
  return HOOK in annotations || HELM_HOOK in annotations;
}

/** What an object asks of the order it is applied in. */
type Place =
  | { readonly phase: Phase; readonly wave: number }
  | { readonly invalid: string }
  | { readonly left: string };

function placeOf(manifest: Manifest): Place {
  const annotations = annotationsOf(manifest);
  const name = WAVE in annotations ? WAVE : HELM_WEIGHT;
  const text = annotations[name] ?? '0';
  if (!/^[+-]?\d{1,9}$/.test(text)) {
    return { invalid: `${name}: expected an integer, found ${JSON.stringify(text)}` };
  }
  const wave = Number(text);
  const hooks = (annotations[HOOK] ?? annotations[HELM_HOOK] ?? 'Sync').split(',').map((one) => one.trim());
  const phase = HOOK in annotations ? undefined : hooks.map((hook) => HELM_PHASES[hook]).find(Boolean);
  const found = phase ?? PHASES.find((one) => hooks.includes(one));
  if (found !== undefined) {
    return { phase: found, wave };
  }
  // Of Helm's hooks those that no apply runs are left out by the renderer.
  return HOOK in annotations ? { left: `${HOOK}: ${hooks.join(', ')} is not run by Sluice` } : { phase: 'Sync', wave };
}

/** Objects in waves, and those that belong into none, with the reason. */
export interface Waves<T> {
  readonly waves: readonly Wave<T>[];
  readonly invalid: readonly (readonly [T, string])[];
  /** Of a hook that is never run here. */
  readonly left: readonly (readonly [T, string])[];
}

/** Splits objects into waves: by Argo CD's phases, then by its sync waves. Most revisions are one wave. */
export function intoWaves<T>(objects: readonly T[], manifestOf: (object: T) => Manifest): Waves<T> {
  const waves = new Map<string, Wave<T> & { readonly rank: readonly [number, number]; readonly objects: T[] }>();
  const invalid: (readonly [T, string])[] = [];
  const left: (readonly [T, string])[] = [];
  for (const object of objects) {
    const place = placeOf(manifestOf(object));
    if ('invalid' in place) {
      invalid.push([object, place.invalid]);
    } else if ('left' in place) {
      left.push([object, place.left]);
    } else {
      const { phase, wave } = place;
      const name = [phase === 'Sync' ? '' : phase, `wave ${wave}`].filter(Boolean).join(', ');
      const kept = waves.get(name) ?? { name, rank: [PHASES.indexOf(phase), wave] as const, objects: [] };
      kept.objects.push(object);
      waves.set(name, kept);
    }
  }
  const inOrder = [...waves.values()].toSorted((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1]);
  return { waves: inOrder, invalid, left };
}
