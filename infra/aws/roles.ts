import type { Config } from '../../shared/config/schema.ts';
import { type Resources, sub } from './intrinsics.ts';
import type { StackSettings } from './settings.ts';
import { statementsOf } from './statements.ts';
import { FUNCTIONS, pascal } from './uses.ts';

/** A role for each function: `ReceivePushRole` and so on. */
export function roles(config: Config, settings: StackSettings): Resources {
  const { permissionsBoundary } = settings;
  return Object.fromEntries(
    FUNCTIONS.map((name) => [
      `${pascal(name)}Role`,
      {
        Type: 'AWS::IAM::Role',
        Properties: {
          // Roles belong to the account; the region keeps two deployments of one name apart.
          RoleName: sub(`${settings.target}-${name}-\${AWS::Region}`),
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
          },
          ...(permissionsBoundary === undefined ? {} : { PermissionsBoundary: permissionsBoundary }),
          Policies: [
            {
              PolicyName: 'uses',
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: statementsOf(name, config, settings),
              },
            },
          ],
        },
      },
    ]),
  );
}
