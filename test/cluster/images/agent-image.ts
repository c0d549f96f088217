import { join } from 'node:path';
import { pushImage } from '../images.ts';
import { type BuiltImage, builtImage } from './built-image.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The agent's image of this checkout. From nothing it takes minutes; `node test/cluster/parts.ts` has it ready. */
export function builtAgent(print?: (line: string) => void): Promise<BuiltImage> {
  return builtImage({ name: 'agent', dockerfile: join(ROOT, 'infra/agent/Dockerfile'), context: ROOT }, print);
}

/**
 * Pushes the agent's image to a registry.
 *
 * @param host `127.0.0.1:PORT`
 * @returns `HOST/sluice-agent:TAG@sha256:…`
 */
export async function agentImage(host: string, tag = '0.1.0'): Promise<string> {
  return `${host}/sluice-agent:${tag}@${await pushImage(host, 'sluice-agent', tag, await builtAgent())}`;
}
