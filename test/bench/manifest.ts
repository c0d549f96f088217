import { parseAllDocuments } from 'yaml';
import { readManifest, scanFile } from '../../shared/manifest/scan.ts';
import { setImage } from '../../shared/manifest/splice.ts';
import { type BenchRow, benchRow, medianMillis } from './row.ts';

const FILES = 1_000;
const SCANS = 3;
const EDITS = 200;
const IMAGE_AT = ['spec', 'template', 'spec', 'containers', 0, 'image'];

/** Reading 1,000 manifests and editing one, beside `yaml`, which parses for both and prints the edited file anew. */
export async function benchManifest(): Promise<readonly BenchRow[]> {
  const files = Array.from({ length: FILES }, (_, index) => manifestOf(index));
  const [first = ''] = files;
  const found = files.flatMap((text) => scanFile('k8s/web.yml', text).sites);
  const untouched = files.filter((text, index) => reprint(text, index) === edit(text, index)).length;
  if (
    found.length !== FILES * 2 ||
    files.some((text, index) => edit(text, index) !== text.replace(/:1\.\d+$/m, `:2.${index}`))
  ) {
    throw new Error('an edit changed more or less than its image');
  }
  const bytes = Buffer.byteLength(first);
  return [
    benchRow(
      'scan manifests',
      `${FILES} files of ${bytes} bytes, two documents, two sites each, median of ${SCANS}; peer: yaml, parsed and turned into values`,
      medianMillis(SCANS, () => files.map((text) => scanFile('k8s/web.yml', text))),
      medianMillis(SCANS, () => files.map((text) => parseAllDocuments(text).map((document) => document.toJS()))),
    ),
    benchRow(
      'edit a manifest',
      `find the site, set its image and read the file back, ${bytes} bytes, median of ${EDITS}; peer: yaml, parsed, set and printed, which gave the same bytes for ${untouched} of ${FILES} files`,
      medianMillis(EDITS, () => edit(first, 0)),
      medianMillis(EDITS, () => reprint(first, 0)),
    ),
  ];
}

function edit(text: string, index: number): string {
  const manifest = readManifest('k8s/web.yml', text);
  const site = manifest.scanned.sites.find(({ container }) => container === 'web');
  return site === undefined ? text : setImage(manifest, site, `registry.example.com/shop/web:2.${index}`).text;
}

function reprint(text: string, index: number): string {
  const [deployment, ...rest] = parseAllDocuments(text);
  deployment?.setIn(IMAGE_AT, `registry.example.com/shop/web:2.${index}`);
  return [deployment, ...rest].map(String).join('');
}

/** A Deployment and its Service as a person writes them, with comments and some layout of one's own. */
function manifestOf(index: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-${index}
  namespace: shop
  labels: {app: web, tier: front}
  annotations:
    fluxcd.io/automated: "true"
    fluxcd.io/tag.web:   semver:~1.0   # no majors by night
spec:
  replicas: 2
  selector:
    matchLabels: { app: web-${index} }
  template:
    metadata:
      labels: { app: web-${index} }
    spec:
      initContainers:
      - name: migrate
        image: "registry.example.com/shop/migrate:0.9"
        command: ["./migrate", "--to",   "latest"]
      containers:
      - name: web
        # moved by Sluice
        image: registry.example.com/shop/web:1.${index}
        ports:
        - containerPort: 8080
        env:
        - {name: LOG_LEVEL, value: info}
        - {name: PORT,      value: "8080"}
        readinessProbe:
          httpGet: {path: /healthz, port: 8080}
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits:   {memory: 256Mi}
---
apiVersion: v1
kind: Service
metadata:
  name: web-${index}
  namespace: shop
spec:
  type: LoadBalancer
  selector: { app: web-${index} }
  ports:
  - port: 80
    targetPort: 8080
`;
}
