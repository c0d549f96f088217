import { container, podTemplate } from '../../cluster/node/workloads.ts';

/** A JSON file of one object, which is YAML. */
export const printed = (object: object): string => `${JSON.stringify(object, undefined, 2)}\n`;

/** A ConfigMap of the namespace `default`. */
export const configMap = (name: string, value: string): string =>
  printed({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } });

/** What makes a Job a hook that goes before the rest of its revision. */
export const PRE_SYNC = { 'argocd.argoproj.io/hook': 'PreSync' };

interface JobOptions {
  readonly name: string;
  /** `HOST/busybox:1` */
  readonly image: string;
  /** Words of busybox. */
  readonly command: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** A claim that is mounted at `/data`. */
  readonly claim?: string;
}

/** A Job whose pod has no rights, is tried once, and ends at once when it has to. */
export function job({ name, image, command, annotations = {}, claim }: JobOptions): string {
  const { metadata, spec } = podTemplate(name, container(name, image, command));
  const volumes = claim === undefined ? [] : [{ name: 'data', persistentVolumeClaim: { claimName: claim } }];
  const volumeMounts = volumes.map((volume) => ({ name: volume.name, mountPath: '/data' }));
  const containers = spec.containers.map((only) => ({ ...only, volumeMounts }));
  return printed({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default', annotations },
    spec: {
      backoffLimit: 0,
      template: { metadata, spec: { ...spec, restartPolicy: 'Never', containers, volumes } },
    },
  });
}
