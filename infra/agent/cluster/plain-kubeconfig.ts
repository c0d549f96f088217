import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf } from '../../../shared/errors.ts';
import { type ClusterCredentials, noContext, unusable } from './credentials.ts';
import { bearerFrom } from './pod-account.ts';

const file = { file: z.string().optional(), data: z.string().optional() };

/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/, as far as it needs no commands, proxies or plugins. */
const kubeconfigSchema = z.object({
  'current-context': z.string().optional(),
  contexts: z
    .array(
      z.object({
        name: z.string(),
        context: z.object({ cluster: z.string(), user: z.string().optional(), namespace: z.string().optional() }),
      }),
    )
    .default([]),
  clusters: z
    .array(
      z.object({
        name: z.string(),
        cluster: z.strictObject({
          server: z.string(),
          'certificate-authority': file.file,
          'certificate-authority-data': file.data,
          'insecure-skip-tls-verify': z.boolean().optional(),
          'tls-server-name': z.string().optional(),
          extensions: z.unknown().optional(),
        }),
      }),
    )
    .default([]),
  users: z
    .array(
      z.object({
        name: z.string(),
        user: z.strictObject({
          token: z.string().optional(),
          tokenFile: z.string().optional(),
          'client-certificate': file.file,
          'client-certificate-data': file.data,
          'client-key': file.file,
          'client-key-data': file.data,
        }),
      }),
    )
    .default([]),
});

/**
 * Reads a kubeconfig that says all there is to know: a server, certificates and a token. Undefined for any other: one
 * with a command that gives tokens, say.
 *
 * @throws SluiceError `cluster-unreachable` for one that cannot be read, or lacks the context
 */
export function plainKubeconfig(path: string, asked: string | undefined): ClusterCredentials | undefined {
  const parsed = kubeconfigSchema.safeParse(read(path));
  if (!parsed.success) {
    return undefined;
  }
  const { contexts, clusters, users } = parsed.data;
  if (asked !== undefined && !contexts.some(({ name }) => name === asked)) {
    throw noContext(
      asked,
      contexts.map(({ name }) => name),
    );
  }
  const wanted = asked ?? parsed.data['current-context'];
  const context = contexts.find(({ name }) => name === wanted)?.context;
  const cluster = clusters.find(({ name }) => name === context?.cluster)?.cluster;
  if (context === undefined || cluster === undefined) {
    throw unusable(path, 'no cluster in it', 'Check --kubeconfig and --context.');
  }
  const user = users.find(({ name }) => name === context.user)?.user ?? {};
  const { token, tokenFile } = user;
  const inFolder = (name: string) => resolve(dirname(path), name);
  /** What stands in the file itself counts before what it names. */
  const bytesOf = (name: string | undefined, data: string | undefined) =>
    data === undefined ? name && readFileSync(inFolder(name)) : Buffer.from(data, 'base64');
  const ca = bytesOf(cluster['certificate-authority'], cluster['certificate-authority-data']);
  const cert = bytesOf(user['client-certificate'], user['client-certificate-data']);
  const key = bytesOf(user['client-key'], user['client-key-data']);
  const servername = cluster['tls-server-name'];
  return {
    server: cluster.server,
    namespace: context.namespace,
    tls: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(servername !== undefined && { servername }),
      ...(cluster['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
    },
    headers:
      tokenFile === undefined
        ? async () => (token === undefined ? {} : { authorization: `Bearer ${token}` })
        : bearerFrom(inFolder(tokenFile)),
  };
}

function read(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'), { logLevel: 'silent' });
  } catch (cause) {
    throw unusable(path, messageOf(cause), 'Check --kubeconfig.');
  }
}
