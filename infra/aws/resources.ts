import type { Config } from '../../shared/config/schema.ts';
import { OPERATOR_ALIAS } from '../../shared/operator/operator-alias.ts';
import { alarms } from './alarms.ts';
import { cacheTable } from './cache-table.ts';
import { dashboard } from './dashboard.ts';
import { ecrEvents, tellsOfEcr } from './ecr-events.ts';
import { functionOptions } from './function-options.ts';
import { httpApiLogs, httpApiOptions } from './http-api.ts';
import { type Extensions, getAtt, join, type Resources, ref, type Value } from './intrinsics.ts';
import { savedQueries } from './queries.ts';
import { queues } from './queues.ts';
import { roles } from './roles.ts';
import { functionId } from './serverless-ids.ts';
import type { StackSettings } from './settings.ts';

/** A part of a template as Serverless takes it; `extensions` are merged into the resources that it makes itself. */
export interface TemplatePart {
  readonly Resources: Resources;
  readonly Outputs: Readonly<Record<string, { readonly Description: string; readonly Value: Value }>>;
  readonly extensions: Extensions;
}

/** What depends on sluice.yml and on the settings. */
export function resourcesOf(config: Config, settings: StackSettings): TemplatePart {
  const fromEcr = tellsOfEcr(config);
  return {
    Resources: {
      ...queues(settings, fromEcr),
      ReportApplyOperator: {
        Type: 'AWS::Lambda::Alias',
        Properties: {
          Name: OPERATOR_ALIAS,
          Description: 'By which operators ask; agents may not',
          FunctionName: ref(functionId('report-apply')),
          FunctionVersion: '$LATEST',
        },
      },
      ...cacheTable(settings),
      ...roles(config, settings),
      ...ecrEvents(config, settings),
      ...httpApiLogs(settings),
      ...savedQueries(settings),
      ...alarms(settings),
      ...dashboard(settings),
    },
    Outputs: {
      PushUrl: output(
        'Where registries tell of pushes; the source follows',
        // Emulators know no reference in a Sub to what they make nothing of.
        join('https://', ref('HttpApi'), '.execute-api.', ref('AWS::Region'), '.', ref('AWS::URLSuffix'), '/push'),
      ),
      ReportFunctionArn: output('Takes the reports of agents', getAtt('ReportDashapplyLambdaFunction', 'Arn')),
      PushesQueueUrl: output('What evaluate-policy takes', ref('PushesQueue')),
      PushesDeadUrl: output('What evaluate-policy gave up', ref('PushesDead')),
      UpdatesQueueUrl: output('What commit-image takes', ref('UpdatesQueue')),
      UpdatesDeadUrl: output('What commit-image gave up', ref('UpdatesDead')),
      ReportsDeadUrl: output('Reports that report-apply gave up', ref('ReportsDead')),
      EventsDeadUrl: output("ECR's events that receive-push gave up", ref('EventsDead')),
      ...(fromEcr ? { EcrRuleName: output("Hands ECR's events to receive-push", ref('EcrRule')) } : {}),
    },
    extensions: { ...functionOptions(settings), ...httpApiOptions(settings) },
  };
}

function output(Description: string, Value: Value) {
  return { Description, Value };
}
