import { imageUpdater } from '../image-updater/image-updater.ts';
import type { DeclaringDialect } from './dialect.ts';
import { fleet } from './fleet.ts';
import { fluxV2 } from './flux-v2.ts';

/** In the order in which they decide where several govern one image; what stands beside it goes before all of them. */
export const DECLARING_DIALECTS: readonly DeclaringDialect[] = [fluxV2, fleet, imageUpdater];
