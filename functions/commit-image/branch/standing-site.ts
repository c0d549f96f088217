import { usesImage } from '../../../shared/decision/decide.ts';
import type { NotRead } from '../../../shared/decision/sluice-files.ts';
import { SluiceError } from '../../../shared/errors.ts';
import type { EditedManifests } from '../../../shared/manifest/edited-manifests.ts';
import type { Manifest, Site } from '../../../shared/manifest/site.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';
import { drop, type UpdateResult } from './update-result.ts';

/** The site of an update as it stands now, with what declares its policy; what becomes of the update where there is none. */
export async function standingSite(
  update: ImageUpdate,
  manifests: EditedManifests,
  passedOver: readonly NotRead[],
): Promise<UpdateResult | { readonly site: Site; readonly manifest: Manifest }> {
  const { file, object, container } = update.site;
  const manifest = await manifests.get(file);
  if (manifest === undefined) {
    return { ...drop(update, `${file} is no longer there`), isMissing: true };
  }
  const undeclared = update.declaredIn?.find((one) => !manifests.has(one));
  if (undeclared !== undefined) {
    const unread = passedOver.find((one) => one.file === undeclared);
    return unread === undefined
      ? drop(update, `${undeclared}, which declared its policy, is no longer there`)
      : { update, action: 'fail', error: unreadPolicy(unread) };
  }
  const site = await manifests.site(manifest, { ...update.site, image: update.from });
  if (site === undefined) {
    const [fault] = manifest.scanned.faults;
    return fault === undefined
      ? { ...drop(update, `${object} no longer has a container ${container}`), isMissing: true }
      : { update, action: 'fail', error: fault };
  }
  const unread = site.policy === undefined ? await unreadDeclaration(update, manifests) : undefined;
  if (unread !== undefined) {
    return { update, action: 'fail', error: unread };
  }
  return usesImage(site, update.image)
    ? { site, manifest }
    : drop(update, `${site.image} stands there, and no longer ${update.image}`);
}

/** What is wrong with a file that declared the policy; undefined where all of them can be read. */
async function unreadDeclaration(
  { declaredIn = [] }: ImageUpdate,
  manifests: EditedManifests,
): Promise<SluiceError | undefined> {
  for (const file of declaredIn) {
    // Of any document: an Application that an ImageUpdater selects says nothing of the updater itself.
    const [fault] = (await manifests.get(file))?.scanned.faults ?? [];
    if (fault !== undefined) {
      return fault;
    }
  }
  return undefined;
}

/** A policy that cannot be read is not gone. */
function unreadPolicy({ file, reason: found }: NotRead): SluiceError {
  const expected = 'the objects that declare the policy of an image';
  return new SluiceError({ code: 'manifest-invalid', subject: file, expected, found });
}
