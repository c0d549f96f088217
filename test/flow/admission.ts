import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { KubeObject } from '../cluster/kube-api.ts';
import { listen } from '../cluster/listener.ts';
import { debianPath } from '../cluster/parts.ts';

/** What a webhook does with what it is asked about. */
type Conduct = 'admit' | 'refuse' | 'hang';

/** A validating admission webhook on loopback. */
export interface Admission {
  /** Refuses objects with the label `refused`, hangs, or admits all. */
  behave(how: Conduct): void;
  /** Registers it for these resources, in namespaces with such names alone; it fails closed. */
  configuration(resources: readonly string[], namespaces: readonly string[]): KubeObject;
  stop(): Promise<void>;
}

interface Review {
  readonly request: {
    readonly uid: string;
    readonly object?: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } };
  };
}

const NAME = 'admission.example.com';

/** @see https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ */
export async function startAdmission(): Promise<Admission> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-admission-'));
  const [keyFile, certificateFile] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(debianPath('openssl'), ['req', '-x509', '-days', '2', ...key, '-out', certificateFile, ...names], {
    stdio: 'ignore',
  });
  const certificate = readFileSync(certificateFile);
  let conduct: Conduct = 'admit';
  const server = createServer({ key: readFileSync(keyFile), cert: certificate }, async (request, response) => {
    if (conduct === 'hang') {
      return;
    }
    const { request: asked } = (await json(request)) as Review;
    const isRefused = conduct === 'refuse' && asked.object?.metadata.labels?.['refused'] !== undefined;
    const status = { message: 'the label refused is not welcome' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: asked.uid, allowed: !isRefused, ...(isRefused && { status }) },
      }),
    );
  });
  const listener = await listen(server);
  rmSync(directory, { recursive: true });
  return {
    behave(how) {
      conduct = how;
    },
    configuration: (resources, namespaces) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: NAME },
      webhooks: [
        {
          name: NAME,
          clientConfig: {
            url: `${listener.url.replace('http:', 'https:')}/`,
            caBundle: certificate.toString('base64'),
          },
          rules: [
            { apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: [...resources] },
          ],
          namespaceSelector: {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [...namespaces] }],
          },
          failurePolicy: 'Fail',
          sideEffects: 'None',
          timeoutSeconds: 1,
          admissionReviewVersions: ['v1'],
        },
      ],
    }),
    stop: async () => listener.close(),
  };
}
