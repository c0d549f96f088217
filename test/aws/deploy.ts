import { awsApi, REGION } from './aws-api.ts';
import { openCheckout } from './checkout.ts';
import { readStack, type Stack } from './stack.ts';

export interface DeployOptions {
  /** The text of sluice.yml. */
  readonly sluiceYml: string;
  readonly stage: string;
  readonly params?: Readonly<Record<string, string>>;
  /** Where AWS answers. */
  readonly endpoint: string;
}

/** Deploys the checkout with a sluice.yml of its own, as a person does, and reads back what came of it. */
export async function deployStack({ sluiceYml, stage, params = {}, endpoint }: DeployOptions): Promise<Stack> {
  const checkout = openCheckout(endpoint);
  try {
    checkout.configure(sluiceYml);
    const { code, output } = await checkout.serverless(
      'deploy',
      '--stage',
      stage,
      '--region',
      REGION,
      ...Object.entries(params).map(([name, value]) => `--param=${name}=${value}`),
    );
    if (code !== 0) {
      throw new Error(`serverless deploy: ended with ${code}:\n${output}`);
    }
  } finally {
    checkout.remove();
  }
  return readStack(awsApi(endpoint), `${params['prefix'] ?? 'sluice'}-${stage}`);
}
