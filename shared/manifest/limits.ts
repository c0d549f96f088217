/** A manifest holds more than it may. */
export class ManifestLimitError extends Error {}

/** Documents of one file, those that name no image too. */
export const MAX_DOCUMENTS = 5000;
/** Lists and maps within one another. */
export const MAX_DEPTH = 200;
/** Words, marks and spaces of a document: some five for each line. A file of 1 MiB, as people write them, has 260,000. */
export const MAX_TOKENS = 300_000;
/** Fields that maps of a document merge in, and items of its lists: by aliases, few lines may stand for many. */
export const MAX_UNFOLDED = 50_000;
/** Places of one file that name an image. */
export const MAX_SITES = 5000;
/** Places of one file that may hold an image: more are not looked at. */
export const MAX_PLACES = 1000;
/** Of a name, in characters; those of Kubernetes have 253. */
export const MAX_NAME = 1024;
/** Of an annotation's value: more of it is not looked at. */
export const MAX_ANNOTATION = 2048;
/** Faults of one file that are told one by one. */
export const MAX_FAULTS = 20;
/** Of what is shown of a file in a fault, in characters. */
export const MAX_SHOWN = 200;
/** Objects of one file that declare something. */
export const MAX_DECLARATIONS = 5000;
/** Of a list in such an object. */
export const MAX_ITEMS = 100;
