import { SluiceError } from '../../../shared/errors.ts';
import * as z from '../../../shared/schema.ts';
import { isSigned } from '../authenticate.ts';
import { contentId, readJson, shortText } from '../body.ts';
import type { PushDelivery, PushedTag, PushSource, RawPushDelivery } from './source.ts';

const text = z.nullish(shortText);
const packageSchema = z.object({
  name: text,
  namespace: text,
  package_type: text,
  ecosystem: text,
  html_url: text,
  updated_at: text,
  package_version: z.nullish(
    z.object({
      version: text,
      package_url: text,
      container_metadata: z.nullish(z.object({ tag: z.nullish(z.object({ name: text, digest: text })) })),
    }),
  ),
});
type Package = z.infer<typeof packageSchema>;

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#package, and `#registry_package`. */
const packageEvent = z.object({
  action: shortText,
  package: z.nullish(packageSchema),
  registry_package: z.nullish(packageSchema),
  sender: z.nullish(z.object({ login: text })),
});

const EVENTS = new Set(['package', 'registry_package']);
/** `published` and `updated` are documented; the others were seen. */
const ACTIONS = new Set(['published', 'updated', 'create', 'created']);
const TYPES = new Set(['container', 'docker']);
/** `host/path:tag`. Where a version has no tag, the colon stands all the same. */
const PACKAGE_URL = /^(?:https?:\/\/)?(?<host>[^/:@\s]+(?::\d+)?)\/(?<path>[^:@\s]+)(?::(?<tag>[^@]*))?(?:@.*)?$/;

/**
 * GitHub's container registry, of github.com or of an Enterprise Server: the webhook of an organization, a repository
 * or an App, signed by `X-Hub-Signature-256: sha256=<HMAC of the body>`, as JSON or as a form.
 */
export const ghcr: PushSource = {
  isAuthentic: ({ headers, body }: RawPushDelivery, secret: string) =>
    isSigned(headers['x-hub-signature-256'], body, secret),
  read({ headers, body }: RawPushDelivery): PushDelivery {
    const event = headers['x-github-event'];
    // GitHub always says which event it is; a sample that somebody tries is known by what is in it.
    if (event !== undefined && !EVENTS.has(event)) {
      return { pushes: [], ignored: [`event ${event}`] };
    }
    const read = readPackage(body, headers['x-github-delivery'] || contentId(body));
    return typeof read === 'string' ? { pushes: [], ignored: [read] } : { pushes: [read], ignored: [] };
  },
};

/** @param id GitHub's own of the delivery, which it keeps when it delivers again */
function readPackage(body: Buffer, id: string): PushedTag | string {
  const expected = 'an event with a package';
  const { action, sender, ...either } = readJson(packageEvent, unwrapForm(body), expected);
  const found = either.package ?? either.registry_package;
  if (found === null || found === undefined) {
    throw new SluiceError({ code: 'push-malformed', subject: 'push', expected, found: 'none' });
  }
  if (!ACTIONS.has(action)) {
    return `action ${action}`;
  }
  const type = found.package_type || found.ecosystem || 'unknown';
  if (!TYPES.has(type.toLowerCase())) {
    return `a package of type ${type}`;
  }
  const { registry, repository, tag } = nameOf(found);
  if (repository === undefined) {
    return 'a package without a name';
  }
  if (tag === undefined || tag === '') {
    return `a push to ${repository} without a tag`;
  }
  // No tag has a colon: this is the digest of an image that was pushed by digest alone.
  if (tag.includes(':')) {
    return `a push to ${repository} by digest`;
  }
  const version = found.package_version;
  const digest = version?.container_metadata?.tag?.digest || version?.version || undefined;
  return { id, registry, repository, tag, digest, pushedAt: timeOf(found), actor: sender?.login || undefined };
}

/** Names are as their owner writes himself; those of images are in lower case. */
function nameOf({ name, namespace, html_url, package_version }: Package) {
  const url = PACKAGE_URL.exec(package_version?.package_url ?? '')?.groups;
  const named = package_version?.container_metadata?.tag?.name;
  // A colon with nothing after it says that this version has no tag.
  const tag = url?.['tag'] === '' ? undefined : (named ?? url?.['tag']);
  if (url !== undefined) {
    return { registry: url['host'], repository: url['path']?.toLowerCase(), tag };
  }
  return {
    registry: html_url?.startsWith('https://github.com/') === true ? 'ghcr.io' : undefined,
    repository: name && namespace ? `${namespace}/${name}`.toLowerCase() : undefined,
    tag,
  };
}

/** GitHub writes the first second of the year 1 where it has no time. */
function timeOf({ updated_at }: Package): string | undefined {
  return updated_at?.startsWith('0001-') === true ? undefined : (updated_at ?? undefined);
}

/** A webhook's content type may be a form with one field, which holds the JSON; no JSON begins like that. */
function unwrapForm(body: Buffer): Buffer {
  const field = 'payload=';
  if (body.subarray(0, field.length).toString('latin1') !== field) {
    return body;
  }
  return Buffer.from(new URLSearchParams(body.toString('utf8')).get('payload') ?? '');
}
