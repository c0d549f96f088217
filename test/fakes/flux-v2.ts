/** An ImageRepository and an ImagePolicy of Flux v2, both called `app` in `flux-system`. */
export function fluxPolicy({
  image = 'registry.example.com/app',
  policy = 'semver: {range: ~1}',
  repository = '',
  spec = '',
}: {
  readonly image?: string;
  readonly policy?: string;
  /** More of the repository's specification, in flow style: `suspend: true, `. */
  readonly repository?: string;
  /** More of the policy's. */
  readonly spec?: string;
} = {}): string {
  return `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: {name: app, namespace: flux-system}
spec: {${repository}image: ${image}, interval: 5m}
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: {name: app, namespace: flux-system}
spec: {${spec}imageRepositoryRef: {name: app}, policy: {${policy}}}
`;
}

/** A HelmRelease `web` whose values have an image in parts, with a marker behind its tag. */
export function helmRelease(tag: string, more = ''): string {
  return `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: shop
spec:
  values:
    image:
      repository: registry.example.com/app
      tag: ${tag} # {"$imagepolicy": "flux-system:app:tag"}
${more}`;
}
