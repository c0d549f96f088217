const PREFIX = 'argocd-image-updater.argoproj.io/';

/** An Application `web` of Argo CD in `argocd`, whose manifests are below `apps/web`. */
export function application({
  annotations = {},
  labels = '{}',
  source = 'path: apps/web',
  name = 'web',
}: {
  /** Of the updater, without its prefix. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: string;
  /** Of `spec.source`, in flow style, without the repository. */
  readonly source?: string;
  readonly name?: string;
} = {}): string {
  const lines = Object.entries(annotations).map(([key, text]) => `    ${PREFIX}${key}: ${JSON.stringify(text)}\n`);
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  namespace: argocd
  labels: ${labels}
  annotations:
    argocd.argoproj.io/sync-wave: "1"
${lines.join('')}spec:
  source: {repoURL: "git@git.example.com:team/deploy.git", ${source}}
`;
}

/** An ImageUpdater `all` in `argocd`. @param spec its lines */
export function imageUpdater(spec: readonly string[], name = 'all'): string {
  return `apiVersion: argocd-image-updater.argoproj.io/v1alpha1
kind: ImageUpdater
metadata: {name: ${name}, namespace: argocd}
spec:
${spec.map((line) => `  ${line}\n`).join('')}`;
}
