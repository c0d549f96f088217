/** So many characters of settings a ConfigMap has. */
const LINES = 8;

/**
 * Manifests of a namespace by file: a quarter each are Deployments and Services, half are ConfigMaps. Deployments have
 * no replicas, and Services no addresses: what is measured is the one who applies.
 */
export function manifestsOf(namespace: string, objects: number): Readonly<Record<string, string>> {
  const webs = Array.from({ length: objects / 4 }, (_, at) => [`web-${at}.yaml`, web(namespace, at)] as const);
  const configs = Array.from({ length: objects / 2 }, (_, at) => [configFile(at), config(namespace, at)] as const);
  return Object.fromEntries([...webs, ...configs]);
}

/** Where the ConfigMap of this number stands. */
export function configFile(at: number): string {
  return `config-${at}.yaml`;
}

/** A ConfigMap; its first setting is the given one. */
export function config(namespace: string, at: number, first = 'as ever'): string {
  const lines = Array.from({ length: LINES }, (_, line) => `    key.${line}=${line === 0 ? first : `value ${at}`}`);
  return `apiVersion: v1
kind: ConfigMap
metadata: { name: config-${at}, namespace: ${namespace} }
data:
  application.properties: |
${lines.join('\n')}
`;
}

function web(namespace: string, at: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-${at}
  namespace: ${namespace}
  labels: { app: web-${at} }
spec:
  replicas: 0
  selector: { matchLabels: { app: web-${at} } }
  template:
    metadata: { labels: { app: web-${at} } }
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.${at}
          ports: [{ name: http, containerPort: 8080 }]
          env: [{ name: LOG_LEVEL, value: info }, { name: PORT, value: "8080" }]
          resources: { requests: { cpu: 10m, memory: 16Mi }, limits: { memory: 64Mi } }
          readinessProbe: { httpGet: { path: /healthz, port: http } }
---
apiVersion: v1
kind: Service
metadata: { name: web-${at}, namespace: ${namespace} }
spec:
  clusterIP: None
  selector: { app: web-${at} }
  ports: [{ name: http, port: 80, targetPort: http }]
`;
}
