import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeRuleCommand, EventBridgeClient, type EventBridgeClientConfig } from '@aws-sdk/client-eventbridge';
import { refusalOf } from './configuration-check.ts';
import type { Deployment } from './deployment.ts';
import { nextSteps } from './next-steps.ts';
import { removePackagedConfig, writePackagedConfig } from './packaged-config.ts';
import { withoutRedundantDependencies } from './redundant-dependencies.ts';
import { unknownParams } from './settings.ts';

/** What is used of Serverless: https://github.com/oss-serverless/osls/blob/main/docs/guides/plugins/creating-plugins.md */
interface Serverless {
  readonly serviceDir: string;
  readonly processedInput: {
    readonly commands: readonly string[];
    readonly options: { readonly param?: readonly string[] };
  };
  readonly configurationInput: { readonly params?: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  readonly service: {
    readonly custom: { readonly deployment: Deployment; readonly target: string };
    readonly provider: { readonly compiledCloudFormationTemplate: { Resources: Resources } };
  };
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  getProvider(name: 'aws'): AwsProvider;
}

type Resources = Parameters<typeof withoutRedundantDependencies>[0];

interface AwsProvider {
  getRegion(): string;
  getAwsSdkV3Config(): Promise<CloudFormationClientConfig & EventBridgeClientConfig>;
}

interface Output {
  readonly writeText: (text: string) => void;
  readonly log: { readonly warning: (text: string) => void };
}

/** Checks the configuration before anything is packaged, packages it as JSON, and tells what to do once all is deployed. */
export class SluicePlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void> | void>>;

  constructor(serverless: Serverless, _options: unknown, { writeText, log }: Output) {
    this.hooks = {
      'before:package:cleanup': () => {
        const { deployment } = serverless.service.custom;
        const { commands, options } = serverless.processedInput;
        const unknown = unknownParams(options.param ?? [], serverless.configurationInput.params ?? {});
        const faults = [...unknown, ...deployment.faults];
        const refusal = refusalOf({ ...deployment, faults }, commands[0] === 'deploy');
        if (refusal !== undefined) {
          throw new serverless.classes.Error(refusal, 'SLUICE_CONFIGURATION');
        }
        for (const warning of deployment.warnings) {
          log.warning(`${deployment.configFile}: ${warning}`);
        }
      },
      'before:package:createDeploymentArtifacts': () =>
        writePackagedConfig(serverless.serviceDir, serverless.service.custom.deployment.configFile),
      'after:package:createDeploymentArtifacts': () => removePackagedConfig(serverless.serviceDir),
      'before:aws:package:finalize:saveServiceState': () => {
        const template = serverless.service.provider.compiledCloudFormationTemplate;
        template.Resources = withoutRedundantDependencies(template.Resources);
      },
      'after:deploy:finalize': async () => {
        const { deployment, target } = serverless.service.custom;
        writeText(`\n${nextSteps(deployment.config, await readStack(serverless.getProvider('aws'), target))}\n`);
      },
    };
  }
}

async function readStack(aws: AwsProvider, target: string) {
  const options = await aws.getAwsSdkV3Config();
  const { Stacks = [] } = await new CloudFormationClient(options).send(
    new DescribeStacksCommand({ StackName: target }),
  );
  const outputs = new Map(Stacks[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const name = outputs.get('EcrRuleName');
  const rule =
    name === undefined ? undefined : await new EventBridgeClient(options).send(new DescribeRuleCommand({ Name: name }));
  return {
    target,
    region: aws.getRegion(),
    pushUrl: outputs.get('PushUrl') ?? '',
    reportFunctionArn: outputs.get('ReportFunctionArn') ?? '',
    ecrRule: rule === undefined ? undefined : { name: rule.Name ?? '', state: rule.State ?? '' },
  };
}
