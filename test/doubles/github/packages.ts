import { type ApiRequest, type Reply, timestamp } from './api.ts';
import type { PackageVersion } from './package-version.ts';
import { linkHeader, pageOf, slice } from './pagination.ts';
import { notFound, Refusal } from './refusal.ts';
import { OWNER, USERS } from './users.ts';

/** `GET /orgs/{org}/packages/{package_type}/{package_name}/versions` */
export function listOrganisationVersions(request: ApiRequest): Reply {
  const { host, params, query } = request;
  const owner = params['org']?.toLowerCase() ?? '';
  const versions = versionsOf(request, owner, owner === OWNER.login);
  const page = pageOf(query);
  const address = `${host.api}/organizations/${OWNER.id}/packages/container/${params['package_name']}/versions`;
  const body = slice(versions, page).map((one) => versionJson(request, 'orgs', owner, one));
  return { status: 200, body, headers: linkHeader(address, query, page, versions.length) };
}

/** `GET /users/{username}/packages/{package_type}/{package_name}/versions` */
export function listUserVersions(request: ApiRequest): Reply {
  const owner = request.params['username']?.toLowerCase() ?? '';
  const versions = versionsOf(
    request,
    owner,
    USERS.some(({ login }) => login === owner),
  );
  return { status: 200, body: versions.map((one) => versionJson(request, 'users', owner, one)) };
}

/** The newest first. Only the token of a person is looked at: no App may read packages. */
function versionsOf({ host, actor, params }: ApiRequest, owner: string, isOwner: boolean): readonly PackageVersion[] {
  if (actor.kind === 'nobody') {
    throw new Refusal(401, 'Requires authentication');
  }
  if (actor.kind !== 'user') {
    throw new Refusal(403, 'Resource not accessible by integration');
  }
  const found = params['package_type'] === 'container' ? host.packages.get(`${owner}/${params['package_name']}`) : [];
  if (!isOwner || found === undefined || found.length === 0) {
    throw notFound();
  }
  return found.toReversed();
}

function versionJson(
  { host, params }: ApiRequest,
  kind: 'orgs' | 'users',
  owner: string,
  { id, digest: name, tags, createdAt }: PackageVersion,
) {
  const path = `${kind}/${owner}/packages/container`;
  const encoded = encodeURIComponent(params['package_name'] ?? '');
  return {
    id,
    name,
    url: `${host.api}/${path}/${encoded}/versions/${id}`,
    package_html_url: `${host.web}/${path}/package/${encoded}`,
    created_at: timestamp(createdAt),
    updated_at: timestamp(createdAt),
    html_url: `${host.web}/${path}/${encoded}/${id}`,
    metadata: { package_type: 'container', container: { tags } },
  };
}
