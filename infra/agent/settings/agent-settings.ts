import * as z from 'zod';
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
    sources: z.array(sourceSchema, 'expected a list of sources').min(1, 'expected at least one source'),
    name: labelName.default('default'),
    /** Where the agent keeps what it has to remember. */
    namespace: text('a namespace').default('default'),
    /** The commands that render, by name or path. */
    kustomize: text('a command').default('kustomize'),
    helm: text('a command').default('helm'),
    sops: text('a command').default('sops'),
    /** What one call of them may take. */
    renderTimeout: duration.prefault('1m'),
    renderMemory: size.prefault('256MiB'),
    /** What all of a source may take and come to. */
    renderDeadline: duration.prefault('5m'),
    renderMaxSize: size.prefault('64MiB'),
    renderMaxObjects: count.default(20_000),
    renderMaxKeys: count.default(1_000_000),
    renderMaxDepth: count.default(100),
    renderMaxSecrets: size.prefault('8MiB'),
    /** Whether they run where no sandbox can be made as well. */
    renderSandbox: z.enum(SANDBOX_MODES, 'expected required or best-effort').default('required'),
    /** How often a revision that stands is applied again. */
    syncInterval: duration.prefault('5m'),
    /** Where it is left out: the usual places, or the pod's account. */
    kubeconfig: file.optional(),
    context: text('a context of the kubeconfig').optional(),
    reportFunction: text('the name of a Lambda function').optional(),
    reportEndpoint: serverUrl('a URL like https://sluice.example.com:8081').optional(),
    /** Holds the token of the local runtime, which is what the endpoint is then. */
    reportTokenFile: file.optional(),
    /** Holds the secret that proves reports to be this agent's. */
    reportSecretFile: file.optional(),
    /** Where it is left out: the one that the function's ARN names, or else eu-central-1. */
    reportRegion: text('a region of AWS').optional(),
    stateDir: file.prefault('/var/lib/sluice-agent'),
    /** Holds the secret that a nudge over HTTP has to prove. */
    nudgeSecretFile: file.optional(),
    /** A queue of SQS, any message of which is a nudge. */
    nudgeQueue: serverUrl('the URL of a queue of SQS').optional(),
    /** Several replicas, of which one applies. */
    leaderElection: z.boolean('expected true or false').default(false),
    /** Where the agent listens: where it is left out 8080 in a cluster or with a secret for nudges, else nowhere; 0 is nowhere. */
    httpPort: z.coerce
      .number('expected a port')
      .int('expected a port')
      .min(0, 'expected a port')
      .max(65_535, 'expected a port')
      .optional(),
    logLevel: z.enum(['debug', 'info', 'warn', 'error'], 'expected debug, info, warn or error').default('info'),
  })
  .superRefine((settings, context) => {
    for (const [setting, needed, expected] of DEPENDENT) {
      if (settings[setting] !== undefined && settings[needed] === undefined) {
        context.addIssue({ code: 'custom', path: [setting], message: `expected ${expected}` });
      }
    }
    if (settings.nudgeSecretFile !== undefined && settings.httpPort === 0) {
      const message = 'expected a port to listen on: httpPort is 0, so no nudge arrives';
      context.addIssue({ code: 'custom', path: ['nudgeSecretFile'], message });
    }
  });

/** What holds for all sources of an agent, and the sources. */
export type AgentSettings = z.output<typeof agentSchema>;
