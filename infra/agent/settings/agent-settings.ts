import * as z from '../../../shared/schema.ts';
import { SANDBOX_MODES } from '../render/sandbox.ts';
import { count, duration, file, labelName, serverUrl, size, text } from './setting-types.ts';
import { sourceSchema } from './source-settings.ts';

/** Settings that are of no effect without another, and how that is said. */
const DEPENDENT = [
  ['reportEndpoint', 'reportFunction', 'the function that takes reports beside it: without one nothing is reported'],
  ['reportRegion', 'reportFunction', 'the function that takes reports beside it: without one nothing is reported'],
  ['reportSecretFile', 'reportFunction', 'the function that takes reports beside it: without one nothing is reported'],
  ['reportTokenFile', 'reportFunction', 'the function that takes reports beside it: without one nothing is reported'],
  ['reportTokenFile', 'reportEndpoint', 'the endpoint of the local runtime beside it, which the token opens'],
] as const;

/** All that an agent is told, by a file or by flags of the same names. Durations are in milliseconds. */
export const agentSchema = z
  .strictObject({
    sources: z.array(sourceSchema, 'expected a list of sources').check(z.minLength(1, 'expected at least one source')),
    name: z._default(labelName, 'default'),
    /** Where the agent keeps what it has to remember. */
    namespace: z._default(text('a namespace'), 'default'),
    /** The commands that render, by name or path. */
    kustomize: z._default(text('a command'), 'kustomize'),
    helm: z._default(text('a command'), 'helm'),
    sops: z._default(text('a command'), 'sops'),
    /** What one call of them may take. */
    renderTimeout: z.prefault(duration, '1m'),
    renderMemory: z.prefault(size, '256MiB'),
    /** What all of a source may take and come to. */
    renderDeadline: z.prefault(duration, '5m'),
    renderMaxSize: z.prefault(size, '64MiB'),
    renderMaxObjects: z._default(count, 20_000),
    renderMaxKeys: z._default(count, 1_000_000),
    renderMaxDepth: z._default(count, 100),
    renderMaxSecrets: z.prefault(size, '8MiB'),
    /** Whether they run where no sandbox can be made as well. */
    renderSandbox: z._default(z.enum(SANDBOX_MODES, 'expected required or best-effort'), 'required'),
    /** How often a revision that stands is applied again. */
    syncInterval: z.prefault(duration, '5m'),
    /** Where it is left out: the usual places, or the pod's account. */
    kubeconfig: z.optional(file),
    context: z.optional(text('a context of the kubeconfig')),
    reportFunction: z.optional(text('the name of a Lambda function')),
    reportEndpoint: z.optional(serverUrl('a URL like https://sluice.example.com:8081')),
    /** Holds the token of the local runtime, which is what the endpoint is then. */
    reportTokenFile: z.optional(file),
    /** Holds the secret that proves reports to be this agent's. */
    reportSecretFile: z.optional(file),
    /** Where it is left out: the one that the function's ARN names, or else eu-central-1. */
    reportRegion: z.optional(text('a region of AWS')),
    stateDir: z.prefault(file, '/var/lib/sluice-agent'),
    /** Holds the secret that a nudge over HTTP has to prove. */
    nudgeSecretFile: z.optional(file),
    /** A queue of SQS, any message of which is a nudge. */
    nudgeQueue: z.optional(serverUrl('the URL of a queue of SQS')),
    /** Several replicas, of which one applies. */
    leaderElection: z._default(z.boolean('expected true or false'), false),
    /** Where the agent listens: where it is left out 8080 in a cluster or with a secret for nudges, else nowhere; 0 is nowhere. */
    httpPort: z.optional(
      z.pipe(
        z.coerce.number('expected a port'),
        z.int('expected a port').check(z.minimum(0, 'expected a port'), z.maximum(65_535, 'expected a port')),
      ),
    ),
    logLevel: z._default(z.enum(['debug', 'info', 'warn', 'error'], 'expected debug, info, warn or error'), 'info'),
  })
  .check(
    z.superRefine((settings, context) => {
      for (const [setting, needed, expected] of DEPENDENT) {
        if (settings[setting] !== undefined && settings[needed] === undefined) {
          context.addIssue({ code: 'custom', path: [setting], message: `expected ${expected}` });
        }
      }
      if (settings.nudgeSecretFile !== undefined && settings.httpPort === 0) {
        const message = 'expected a port to listen on: httpPort is 0, so no nudge arrives';
        context.addIssue({ code: 'custom', path: ['nudgeSecretFile'], message });
      }
    }),
  );

/** What holds for all sources of an agent, and the sources. */
export type AgentSettings = z.output<typeof agentSchema>;
