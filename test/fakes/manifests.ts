/** A Deployment with Flux v1's annotations; `extra` are more annotation lines. */
export function deployment(image: string, filter: string, extra = ''): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello
  annotations:
    fluxcd.io/automated: "true"
    fluxcd.io/tag.hello: ${filter}
${extra}spec:
  template:
    spec:
      containers:
        - name: hello
          image: ${image}
`;
}
