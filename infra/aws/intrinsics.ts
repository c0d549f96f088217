/** A value of a CloudFormation template. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** A resource of a CloudFormation template. */
export interface StackResource {
  readonly Type: string;
  readonly DependsOn?: readonly string[];
  readonly Properties: { readonly [key: string]: Value };
}

/** The resources that a part of the template consists of, by their logical ids. */
export type Resources = Readonly<Record<string, StackResource>>;

/** What is added to resources that Serverless itself makes, by their logical ids. */
export type Extensions = Readonly<Record<string, Pick<StackResource, 'Properties'>>>;

/** What `Ref` stands for depends on the type: a queue's URL, a table's name. */
export function ref(logicalId: string): Value {
  return { Ref: logicalId };
}

export function getAtt(logicalId: string, attribute: string): Value {
  return { 'Fn::GetAtt': [logicalId, attribute] };
}

/** An ARN in the stack's own account and region: `ownArn('ssm', 'parameter/x')`. */
export function ownArn(service: string, rest: string): Value {
  return sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`);
}

/** A text with names of resources and of CloudFormation's own values in it. */
export function sub(text: string): Value {
  return { 'Fn::Sub': text };
}

/** Texts and values, one after the other. */
export function join(...parts: readonly Value[]): Value {
  return { 'Fn::Join': ['', parts] };
}
