import * as fc from 'fast-check';

/** Manifests as public repositories have them, with what those stumble over. */
export const PUBLIC_SHAPES: readonly string[] = [
  `# A deployment as most are.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web, version: "1.10"}
  annotations:
    build: "83e20108"
    date: 2024-01-01
    prometheus.io/scrape: "true"
    prometheus.io/port: '8080'
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.0.0@sha256:0123456789abcdef
        command: ["/bin/sh", "-c"]
        args:
        - |
          set -e
          echo "a: b" # not a comment
          exec web --port=8080
        env:
        - name: PORT
          value: "8080"
        - {name: COMMIT, value: 1234e567}
        ports:
        - containerPort: 8080
        resources:
          limits: {cpu: 500m, memory: 128Mi}
          requests:
            cpu: 0.5
            memory: 1e3
      volumes:
      - name: key
        secret:
          secretName: key
          defaultMode: 0400
          items: [{key: id, path: id, mode: 0o600}]
`,
  `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  nginx.conf: |-
    server {
      listen 80;
      location / {\ttry_files $uri =404; }

    }
  folded: >
    one
    two

      deeper
    three
  script.sh: |2
      #!/bin/sh
      exit 0
     
  long: "a text that goes on
    on the next line, \\
    and on"
  margin: 'quoted text
that goes on at the margin'
  empty: ""
  on: "yes"
  dashboard.json: '{"a": [1, 2], "b": "\\u2028"}'
`,
  `---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: &ports
    - {name: http, port: 80, targetPort: http}
    - port: 443
  selector: {app: web}
---
# nothing
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - path: /(.*)
        pathType: ImplementationSpecific
        backend: {service: {name: web, port: {number: 80}}}
  tls:
  - hosts: [shop.example.com]
    secretName: tls
`,
  `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: >-
          A widget: it has a size
          and 'quotes'.
        properties:
          size:
            type: integer
            format: int64
            maximum: 9223372036854775807
            minimum: -9223372036854775808
            default: 9007199254740993
          ratio: {type: number, default: 1.0, multipleOf: 1e-3}
          on:
            type: boolean
            default: off
          pattern:
            type: string
            pattern: ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$
`,
  `x-common: &common
  restartPolicy: Always
  env: &env {A: "1"}
apiVersion: example.com/v1
kind: Stack
metadata:
  name: stack
spec:
  one:
    <<: *common
    restartPolicy: Never
  two:
    restartPolicy: Never
    <<: *common
  three: {<<: [*env, {A: "2", B: yes}], C: ~}
  list: [*env, *env]
`,
  `{
  "apiVersion": "v1",
  "kind": "List",
  "items": [
\t{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "\\"\\u00e9\\n"}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b", "uid": null}, "data": {"k": "aGVsbG8="}}
  ]
}
`,
  `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:aggregate
rules:
- apiGroups: ["", apps]
  resources:
  - pods
  - 'deployments/scale'
  verbs: ['*']
- nonResourceURLs: [/healthz, "/metrics"]
  verbs:
    - get
`,
  `apiVersion: batch/v1
kind: CronJob
metadata:
  name: nightly
spec:
  schedule: "*/5 * * * *"
  suspend: no
  startingDeadlineSeconds: 1_000
  jobTemplate:
    spec:
      backoffLimit: 0x3
      template:
        spec:
          restartPolicy: OnFailure
          securityContext: {runAsUser: 01750, fsGroup: 0b11}
          containers:
          - image: busybox
            name: job
            args: [apply, -f, -, "10", 1:30, 08, 0o17]
`,
];

/** What people slip in by hand. */
const SLIPS = [
  ' ',
  '  ',
  '\t',
  ':',
  ': ',
  '#',
  ' #',
  '-',
  '- ',
  '"',
  "'",
  '|',
  '>',
  '&a ',
  '*ports',
  '{',
  '}',
  '[',
  ']',
  ',',
  '\n',
  '!',
  '%',
  '~',
  '0',
  '---\n',
  '?',
];

/** A shape of these as it is, or after some slips of a hand. */
export const slippedShape = fc
  .record({
    shape: fc.constantFrom(...PUBLIC_SHAPES),
    slips: fc.array(
      fc.record({
        at: fc.nat({ max: 1500 }),
        drop: fc.constantFrom(0, 0, 1, 1, 2),
        put: fc.constantFrom('', '', ...SLIPS),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ shape, slips }) =>
    slips.reduce((text, { at, drop, put }) => {
      const from = at % text.length;
      return text.slice(0, from) + put + text.slice(from + drop);
    }, shape),
  );
