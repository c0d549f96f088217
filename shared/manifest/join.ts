import { isSluiceError } from '../errors.ts';
import { parseReference } from '../image/reference.ts';
import type { UnreadDeclarations } from './declarations/declaration.ts';
import type { Governed, GovernedImage, Governor, Origin, Remark } from './declarations/dialect.ts';
import { DECLARING_DIALECTS } from './declarations/dialects.ts';
import { heldByFault } from './dialects/held-by-fault.ts';
import { holdSharers } from './hold-sharers.ts';
import { referenceOf } from './marked-image.ts';
import type { FileFacts, MarkedImage, Site, SitePolicy } from './site.ts';

/** What files say together. */
export interface JoinedFiles {
  readonly sites: readonly Site[];
  /** Markers that lead nowhere, and what else a person should know of objects that govern images. */
  readonly remarks: readonly Remark[];
}

/**
 * All sites of a repository with the policies that govern them, whichever files they stand in and in whichever order.
 *
 * @param origin where the files were read, for objects that name the repository of what they govern
 */
export function joinFiles(files: readonly FileFacts[], origin?: Origin): JoinedFiles {
  const declared = new DeclaredPolicies(files, origin);
  const joined = files.map((file) => declared.join(file));
  return {
    sites: joined.flatMap(({ sites }) => sites),
    remarks: [...declared.remarks, ...joined.flatMap(({ remarks }) => remarks)],
  };
}

/** What the objects of a repository say of images in any of its files. */
export class DeclaredPolicies {
  readonly #governors: readonly { readonly name: string; readonly governor: Governor }[];
  /** The first of each dialect. */
  readonly #unread = new Map<string, UnreadDeclarations>();

  constructor(files: readonly Pick<FileFacts, 'declarations' | 'unread'>[], origin?: Origin) {
    // By their places, so that nothing depends on the order in which files are read.
    const all = files.flatMap(({ declarations }) => declarations).toSorted(byPlace);
    this.#governors = DECLARING_DIALECTS.map((dialect) => ({
      name: dialect.name,
      governor: dialect.open(all, origin),
    }));
    for (const unread of files.flatMap((file) => file.unread)) {
      for (const name of unread.dialects) {
        this.#unread.set(name, this.#unread.get(name) ?? unread);
      }
    }
  }

  get remarks(): readonly Remark[] {
    return this.#governors.flatMap(({ governor }) => governor.remarks);
  }

  /** The sites of one file. */
  join({ sites, marked }: Pick<FileFacts, 'sites' | 'marked'>): JoinedFiles {
    const joined = [...sites.map((site) => this.#withPolicy(site)), ...marked.map((image) => this.#siteOf(image))];
    return {
      sites: holdSharers(joined.flatMap((one) => ('site' in one && one.site !== undefined ? [one.site] : []))),
      remarks: joined.flatMap(({ remark }) => remark ?? []),
    };
  }

  /** A site that stands as a whole: what stands beside it goes before what governs it from elsewhere. */
  #withPolicy({ holdBeside, ...site }: Site): Joined {
    const { file, object, marker, image, line } = site;
    const found = this.#govern({
      file,
      object,
      marker,
      image,
      parts: site.scalars?.map(({ part }) => part) ?? ['whole'],
    });
    const others = found.flatMap((one) => ('policy' in one ? [one.policy] : []));
    const fault = found.find((one) => 'fault' in one)?.fault;
    const remark = fault === undefined ? undefined : { file, reason: `${file}:${line} ${object}: ${fault}` };
    const [first, ...rest] = site.policy === undefined ? others : [site.policy, ...others];
    if (first === undefined) {
      return { site: { ...site, unautomated: fault ?? site.unautomated }, remark };
    }
    const policy = withOverruled({ ...first, ...(first !== site.policy && holdBeside) }, rest);
    return { site: { ...site, policy, unautomated: undefined }, remark };
  }

  /** An image that no container has: where its name is not known by itself, by its policy. */
  #siteOf({ holdBeside, ...image }: MarkedImage): Joined {
    const { file, object, marker, place, line, scalars } = image;
    const unread = marker && `nothing reads the marker ${marker.policy}`;
    // A place that nothing says anything of is a text like others.
    const refuse = (fault = unread): Joined =>
      fault === undefined ? {} : { remark: { file, reason: `${file}:${line} ${object}: ${fault}`, image } };
    const own = referenceOf(scalars, undefined);
    const ownFault = own === undefined ? undefined : faultIn(own);
    if (ownFault !== undefined) {
      return refuse(marker && ownFault);
    }
    const joint = scalars.find(({ part, text }) => part === 'tag' && text.includes('@'));
    if (joint !== undefined) {
      return refuse(marker && `${joint.text} stands where a tag alone is marked`);
    }
    const parts = scalars.map(({ part }) => part);
    const governed = this.#govern({ file, object, marker, place, image: own, parts });
    const [found, ...others] = governed.flatMap((one) => ('policy' in one ? [one] : []));
    const [faultElsewhere] = governed.flatMap((one) => ('fault' in one ? one.fault : []));
    if (found === undefined) {
      return refuse(faultElsewhere);
    }
    const written = referenceOf(scalars, found.name);
    const fault = written === undefined ? 'neither a tag nor a digest is marked' : faultIn(written);
    if (written === undefined || fault !== undefined) {
      return refuse(fault);
    }
    const policy = withOverruled(
      { ...found.policy, ...holdBeside },
      others.map((one) => one.policy),
    );
    return { ...(faultElsewhere !== undefined && refuse(faultElsewhere)), site: { ...image, image: written, policy } };
  }

  #govern(image: GovernedImage): readonly Governed[] {
    return this.#governors.flatMap(({ name, governor }) => {
      const found = governor.govern(image);
      const unread = this.#unread.get(name);
      return found === undefined ? [] : [unread === undefined ? found : withUnread(found, unread)];
    });
  }
}

interface Joined {
  readonly site?: Site;
  readonly remark?: Remark | undefined;
}

/** The policies that do not count are named beside the one that does. */
function withOverruled(policy: SitePolicy, others: readonly SitePolicy[]): SitePolicy {
  const overruled = [...(policy.overruled ?? []), ...others.map(({ dialect, text }) => `${dialect} ${text}`)];
  return { ...policy, overruled: overruled.length === 0 ? undefined : overruled };
}

/** What cannot be read may say otherwise: nothing is taken for gone. */
function withUnread(found: Governed, { reason }: UnreadDeclarations): Governed {
  return 'fault' in found
    ? { ...found, fault: `${found.fault}; not read: ${reason}` }
    : {
        ...found,
        policy: {
          ...found.policy,
          ...(found.policy.held === undefined && heldByFault(`what may say otherwise cannot be read: ${reason}`)),
        },
      };
}

function faultIn(image: string): string | undefined {
  try {
    parseReference(image);
    return undefined;
  } catch (error) {
    if (isSluiceError(error, 'reference-invalid')) {
      return error.message;
    }
    throw error;
  }
}

function byPlace(
  one: { readonly file: string; readonly line: number },
  other: { readonly file: string; readonly line: number },
): number {
  if (one.file !== other.file) {
    return one.file < other.file ? -1 : 1;
  }
  return one.line - other.line;
}
