import { describe, expect, test } from 'vitest';
import { withoutRedundantDependencies } from '../../../infra/aws/redundant-dependencies.ts';

describe('an entry of DependsOn goes where a reference says it already', () => {
  test.each([
    { what: 'Ref', resource: { Value: { Ref: 'A' } }, kept: undefined },
    { what: 'Fn::GetAtt', resource: { Value: { 'Fn::GetAtt': ['A', 'Arn'] } }, kept: undefined },
    { what: 'Fn::GetAtt in one word', resource: { Value: { 'Fn::GetAtt': 'A.Arn' } }, kept: undefined },
    { what: 'Fn::Sub', resource: { Value: { 'Fn::Sub': `x \${A.Arn} y` } }, kept: undefined },
    { what: 'Fn::Sub with values', resource: { Value: { 'Fn::Sub': [`\${A} \${b}`, { b: 1 }] } }, kept: undefined },
    { what: 'a value of Fn::Sub', resource: { Value: { 'Fn::Sub': [`\${b}`, { b: { Ref: 'A' } }] } }, kept: undefined },
    { what: 'deep in a list', resource: { List: [{ Of: [{ Ref: 'A' }] }] }, kept: undefined },
    { what: 'a reference to another', resource: { Value: { Ref: 'B' } }, kept: ['A'] },
    { what: 'a text that is none', resource: { Value: 'A' }, kept: ['A'] },
    { what: 'a name that begins so', resource: { Value: { 'Fn::Sub': `\${AB}` } }, kept: ['A'] },
  ])('$what', ({ resource, kept }) => {
    const expected = kept === undefined ? resource : { ...resource, DependsOn: kept };
    expect(withoutRedundantDependencies({ One: { ...resource, DependsOn: 'A' } })).toEqual({ One: expected });
    expect(withoutRedundantDependencies({ One: { ...resource, DependsOn: ['A'] } })).toEqual({ One: expected });
  });

  test('others stay, in their order; what has none gets none', () => {
    expect(
      withoutRedundantDependencies({ One: { Value: { Ref: 'B' }, DependsOn: ['A', 'B', 'C'] }, Two: { Value: 1 } }),
    ).toEqual({ One: { Value: { Ref: 'B' }, DependsOn: ['A', 'C'] }, Two: { Value: 1 } });
  });
});
