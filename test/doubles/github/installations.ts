import { type ApiRequest, type Host, type Reply, type RepositoryRequest, timestamp } from './api.ts';
import { grantToken, type Permissions } from './app.ts';
import { isRecord } from './json.ts';
import { notFound, Refusal, unprocessable } from './refusal.ts';
import { OWNER, userJson } from './users.ts';

/** `GET …/installation`: an App asks where it is installed. */
export function getInstallation({ host, actor }: RepositoryRequest): Reply {
  requireApp(actor);
  if (!host.app.installed) {
    throw notFound();
  }
  return { status: 200, body: installationJson(host) };
}

/** `POST /app/installations/{installation_id}/access_tokens` */
export function createInstallationToken({ host, actor, params, body }: ApiRequest): Reply {
  requireApp(actor);
  const { app } = host;
  if (!app.installed || params['installation_id'] !== String(app.installationId)) {
    throw notFound();
  }
  const { repositories: names, permissions: asked } = body;
  const repositories = Array.isArray(names) ? names.map(String) : undefined;
  if (repositories?.some((name) => host.find(name) === undefined)) {
    throw unprocessable(
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  const permissions: Permissions = { metadata: 'read' };
  for (const [name, level] of Object.entries(isRecord(asked) ? asked : app.permissions)) {
    const granted = app.permissions[name];
    if (granted === undefined || (level === 'write' && granted === 'read')) {
      throw unprocessable('The permissions requested are not granted to this installation.');
    }
    permissions[name] = level === 'write' ? 'write' : 'read';
  }
  const { token, expiresAt } = grantToken(app, host.now(), { permissions, repositories });
  const repository_selection = repositories === undefined ? 'all' : 'selected';
  return { status: 201, body: { token, expires_at: timestamp(expiresAt), permissions, repository_selection } };
}

function requireApp({ kind }: { readonly kind: string }): void {
  if (kind !== 'app') {
    throw new Refusal(401, 'A JSON web token could not be decoded');
  }
}

function installationJson({ api, web, app }: Host): unknown {
  const url = `${api}/app/installations/${app.installationId}`;
  return {
    id: app.installationId,
    app_id: app.id,
    app_slug: app.slug,
    client_id: 'Iv1.0123456789abcdef',
    target_id: OWNER.id,
    target_type: OWNER.type,
    account: userJson(api, OWNER),
    single_file_name: null,
    repository_selection: 'all',
    access_tokens_url: `${url}/access_tokens`,
    html_url: `${web}/organizations/acme/settings/installations/${app.installationId}`,
    repositories_url: `${api}/installation/repositories`,
    permissions: app.permissions,
    events: [],
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    suspended_by: null,
    suspended_at: null,
  };
}
