import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluiceError } from '../../../shared/errors.ts';
import * as z from '../../../shared/schema.ts';
import { type ApiClient, expectOk } from '../cluster/client.ts';
import { publicKeyOf } from './deploy-key.ts';

/** An SSH key pair, as texts. */
export interface Identity {
  readonly privateKey: string;
  /** One line, as hosts take it. */
  readonly publicKey: string;
}

/** A Secret that holds the key pair of an agent. */
export interface IdentitySecret {
  readonly namespace: string;
  readonly name: string;
}

/** https://kubernetes.io/docs/concepts/configuration/secret/#ssh-authentication-secrets */
const TYPE = 'kubernetes.io/ssh-auth';
const secretSchema = z.object({
  data: z.object({ 'ssh-privatekey': z.base64(), 'ssh-publickey': z.optional(z.base64()) }),
});
const CONFLICT = 409;

/** The Secret of an agent: `sluice-agent-identity`, and with its name in between where it has another than the usual one. */
export function identitySecretOf(agent: string, namespace: string): IdentitySecret {
  return { namespace, name: agent === 'default' ? 'sluice-agent-identity' : `sluice-agent-${agent}-identity` };
}

/** Undefined where there is none. @throws SluiceError `cluster-…`, or `secret-unavailable` where no key is in it */
export async function readIdentity(request: ApiClient, secret: IdentitySecret): Promise<Identity | undefined> {
  const reply = await request({ path: pathOf(secret) });
  if (reply.status === 404) {
    return undefined;
  }
  const parsed = secretSchema.safeParse(expectOk(reply, subjectOf(secret)));
  if (!parsed.success) {
    throw new SluiceError({
      code: 'secret-unavailable',
      subject: subjectOf(secret),
      expected: 'an SSH key in ssh-privatekey',
      found: 'none',
      next: 'Delete it, and the agent makes a new one.',
    });
  }
  const { 'ssh-privatekey': privateKey, 'ssh-publickey': publicKey } = parsed.data.data;
  const text = decode(privateKey);
  return { privateKey: text, publicKey: publicKey === undefined ? await derive(text) : decode(publicKey).trim() };
}

/** Keeps a key pair where none is kept yet; says whether it did. @throws SluiceError `cluster-…` */
export async function createIdentity(request: ApiClient, secret: IdentitySecret, identity: Identity): Promise<boolean> {
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secret.name, labels: { 'app.kubernetes.io/managed-by': 'sluice-agent' } },
    type: TYPE,
    data: { 'ssh-privatekey': encode(identity.privateKey), 'ssh-publickey': encode(identity.publicKey) },
  };
  // Nobody else's manager, and not by force: of two agents that start at once, one meets a conflict.
  const path = `${pathOf(secret)}?fieldManager=sluice-agent-${randomUUID()}`;
  const reply = await request({ method: 'PATCH', path, contentType: 'application/apply-patch+yaml', body });
  if (reply.status === CONFLICT) {
    return false;
  }
  expectOk(reply, subjectOf(secret));
  return true;
}

function pathOf({ namespace, name }: IdentitySecret): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`;
}

/** `secret/default/sluice-agent-identity` */
export function subjectOf({ namespace, name }: IdentitySecret): string {
  return `secret/${namespace}/${name}`;
}

async function derive(privateKey: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-identity-'));
  try {
    const file = join(directory, 'id');
    await writeFile(file, `${privateKey.trim()}\n`, { mode: 0o600 });
    return await publicKeyOf(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
