import type { Scheme } from './scheme.ts';

/**
 * The tag that stands at the site, however often it is moved: what it points to is written as a digest beside it. No
 * other tag is taken.
 *
 * @see https://argocd-image-updater.readthedocs.io/en/stable/basics/update-strategies/#strategy-digest
 */
export const digest: Scheme = {
  needsCreated: false,
  isLinear: true,
  pins: true,
  accept: () => [],
  noteOn: () => 'which follows the tag that stands there, and none does',
  rank: () => [],
  from: (standing) => ({
    needsCreated: false,
    isLinear: true,
    pins: true,
    accept: (texts) => texts.filter((text) => text === standing),
    noteOn: () =>
      standing === undefined ? 'which follows the tag that stands there, and none does' : `which follows ${standing}`,
    recognises: (text) => text === standing,
    rank: (text) => (text === standing ? [] : undefined),
  }),
};
