import { policyInvalid } from './policy-invalid.ts';
import type { Scheme } from './scheme.ts';

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const TAG = /^\w[\w.-]{0,127}$/;

/**
 * One tag by its name, whatever stands at the site: `tag:main`. With `pin` what it points to is written beside it each
 * time that it is moved, as Argo CD Image Updater's `digest` does.
 *
 * @throws SluiceError `policy-invalid` for a text that is no tag
 * @see https://argocd-image-updater.readthedocs.io/en/stable/basics/update-strategies/#strategy-digest
 */
export function namedTag(policy: string, name: string): Scheme {
  if (!TAG.test(name)) {
    throw policyInvalid(policy, 'one tag as in tag:main', JSON.stringify(name));
  }
  return {
    needsCreated: false,
    isLinear: true,
    accept: (texts) => texts.filter((text) => text === name),
    noteOn: () => undefined,
    recognises: (text) => text === name,
    rank: (text) => (text === name ? [] : undefined),
  };
}
