import { isSluiceError } from '../../errors.ts';
import { imageName, parseReference, writtenParts } from '../../image/reference.ts';

/** An image's name without tag and digest, as it is written; undefined where the text is no image. */
export function nameOf(image: string | undefined): string | undefined {
  try {
    return image === undefined ? undefined : writtenParts(image.trim()).name;
  } catch (error) {
    if (isSluiceError(error, 'reference-invalid')) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Why an image is held back whose policy is of another one; undefined where both are the same. Other tools write the name
 * too: an image that moved elsewhere is a step that a person should see.
 *
 * @param written as it stands; undefined where the policy alone says its name
 * @param object that names the image
 */
export function heldAsOther(written: string | undefined, name: string, object: string): string | undefined {
  const [standing, wanted] = [written, name].map((one) => one && imageName(parseReference(one)));
  return standing === undefined || standing === wanted
    ? undefined
    : `${standing} stands there, and ${object} is of ${wanted}: write that name by hand once`;
}
