import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRepository } from '../../infra/demo/git-server/repository.ts';

const HELLO = fileURLToPath(new URL('../../infra/demo/hello', import.meta.url));

/** The repository of hello, with the registry's host in its manifest. */
export async function createHello(directory: string, registry: string): Promise<string> {
  const manifest = readFileSync(`${HELLO}/k8s/deploy.yml`, 'utf8').replace('registry.example.com', registry);
  return createRepository(directory, 'hello.git', {
    branch: 'main',
    from: HELLO,
    files: { 'k8s/deploy.yml': manifest },
  });
}

/** A sluice.yml for it; the push secret is where its reference says. */
export function configFor(repositoryUrl: string, registry: string, secret = 'env:PUSH_SECRET'): string {
  return `
repositories:
  - { url: "${repositoryUrl}", branch: main, paths: [k8s], delivery: { mode: commit, skipCi: true } }
registries:
  - { host: "${registry}", insecure: true, push: { source: distribution, secret: "${secret}" } }
`;
}
