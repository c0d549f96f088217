import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../../../shared/errors.ts';
import * as z from '../../../shared/schema.ts';
import { type ClusterCredentials, chooseContext, unusable } from './credentials.ts';
import { bearerFrom } from './pod-account.ts';

// Most kubeconfigs are read here and not by the `KubeConfig` of @kubernetes/client-node: to import its dist/config.js, which
// loads openid-client, ws and its own YAML, takes 0.9 s of the processor and 85 MB in each agent (Node 24), twice what
// an agent that follows a source takes. What asks for more than this file knows goes to any-kubeconfig.ts.
const NO_KUBECONFIG = 'Check that --kubeconfig names a kubeconfig.';

const file = { file: z.optional(z.string()), data: z.optional(z.string()) };

/** What kubectl writes of a list that has become empty is `null`. */
const listOf = <T extends z.ZodMiniType>(schema: T) =>
  z.pipe(
    z.nullish(z.array(schema)),
    z.transform((list) => list ?? []),
  );

/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/, as far as it needs no commands, proxies or plugins. */
const kubeconfigSchema = z.object({
  'current-context': z.optional(z.string()),
  contexts: listOf(
    z.object({
      name: z.string(),
      context: z.object({ cluster: z.string(), user: z.optional(z.string()), namespace: z.optional(z.string()) }),
    }),
  ),
  clusters: listOf(
    z.object({
      name: z.string(),
      cluster: z.strictObject({
        server: z.string(),
        'certificate-authority': file.file,
        'certificate-authority-data': file.data,
        'insecure-skip-tls-verify': z.optional(z.boolean()),
        'tls-server-name': z.optional(z.string()),
        extensions: z.optional(z.unknown()),
      }),
    }),
  ),
  users: listOf(
    z.object({
      name: z.string(),
      user: z.strictObject({
        token: z.optional(z.string()),
        tokenFile: z.optional(z.string()),
        'client-certificate': file.file,
        'client-certificate-data': file.data,
        'client-key': file.file,
        'client-key-data': file.data,
      }),
    }),
  ),
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
  const { contexts: given, clusters, users } = parsed.data;
  const contexts = given.map(({ name, context: { cluster, user, namespace } }) => ({ name, cluster, user, namespace }));
  const context = chooseContext(path, asked, { current: parsed.data['current-context'], contexts, clusters, users });
  const cluster = clusters.find(({ name }) => name === context.cluster)?.cluster ?? { server: '' };
  const user = users.find(({ name }) => name === context.user)?.user ?? {};
  const { token, tokenFile } = user;
  const inFolder = (name: string) => resolve(dirname(path), name);
  /** What stands in the file itself counts before what it names. */
  const bytesOf = (name: string | undefined, data: string | undefined) =>
    data === undefined ? name && readNamed(inFolder(name), path) : Buffer.from(data, 'base64');
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
    ...(tokenFile === undefined
      ? { headers: async () => (token === undefined ? {} : { authorization: `Bearer ${token}` }) }
      : bearerFrom(inFolder(tokenFile))),
  };
}

/** What the file says. @throws SluiceError `cluster-unreachable` where that is no kubeconfig */
function read(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw unusable(path, messageOf(cause), 'Check --kubeconfig.');
  }
  const lineCounter = new LineCounter();
  // kubectl takes the last of a key that stands twice.
  const document = parseDocument(text, { lineCounter, logLevel: 'silent', uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lineCounter.linePos(error.pos[0]);
    throw unusable(path, `no YAML in line ${line}: ${error.message.split('\n', 1)[0]}`, NO_KUBECONFIG);
  }
  const value: unknown = document.toJS();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unusable(path, value === null ? 'an empty file' : 'no mapping', NO_KUBECONFIG);
  }
  return value;
}

function readNamed(path: string, kubeconfig: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unusable(kubeconfig, messageOf(cause), 'Check the files that it names.');
  }
}
