import type { FunctionName } from '../../shared/config/secret-uses.ts';

/** The logical id of the function that Serverless makes: `ReceiveDashpushLambdaFunction`. */
export function functionId(name: FunctionName): string {
  return `${serverlessId(name)}LambdaFunction`;
}

/** The logical id of its log group. */
export function logGroupId(name: FunctionName): string {
  return `${serverlessId(name)}LogGroup`;
}

function serverlessId(name: FunctionName): string {
  const text = name.replaceAll('-', 'Dash');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
