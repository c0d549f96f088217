/** Where the pod's specification stands, for each kind of workload. */
export const WORKLOADS = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
} as const;

/** A Deployment `web` whose container `web` stands at line 10 and later by as many lines as there are annotations. */
export function deployment(image: string, annotations: readonly string[] = []): string {
  const metadata = annotations.length === 0 ? [] : ['  annotations:', ...annotations.map((line) => `    ${line}`)];
  return [
    'apiVersion: apps/v1',
    'kind: Deployment',
    'metadata:',
    '  name: web',
    ...metadata,
    'spec:',
    '  template:',
    '    spec:',
    '      containers:',
    '        - name: web',
    `          image: ${image}`,
    '',
  ].join('\n');
}
