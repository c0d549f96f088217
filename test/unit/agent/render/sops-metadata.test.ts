import { describe, expect, test } from 'vitest';
import { withAgeKeysAlone } from '../../../../infra/agent/render/sops-metadata.ts';

const AGE = { recipient: 'age1', enc: 'x' };
const KMS = { arn: 'arn:aws:kms:eu-central-1:1:key/1', enc: 'y' };

describe('keys of other services are taken out of what SOPS reads, and all else stays', () => {
  test.each([
    {
      form: 'YAML, with what is not values as it was',
      text: `# hi\na: ENC[x] # one\nsops:\n    kms:\n        - arn: a\n          enc: y\n    age:\n        - recipient: age1\n          enc: x\n    mac: m\n`,
      becomes: `# hi\na: ENC[x] # one\nsops:\n    {"mac":"m","age":[{"recipient":"age1","enc":"x"}]}\n`,
    },
    {
      form: 'YAML in which more follows',
      text: `sops:\n  pgp: [{ fp: a }]\n  age: [{ recipient: age1, enc: x }]\nb: 1\n---\nsops:\n  hc_vault: [{ vault_address: "http://127.0.0.1" }]\n  age: [{ recipient: age1, enc: x }]\nc: 2\n`,
      becomes: `sops:\n  {"age":[{"recipient":"age1","enc":"x"}]}\nb: 1\n---\nsops:\n  {"age":[{"recipient":"age1","enc":"x"}]}\nc: 2\n`,
    },
    {
      form: 'JSON',
      text: JSON.stringify({ a: 'ENC[x]', sops: { kms: [KMS], age: [AGE], version: '3.9.0' }, b: 1 }),
      becomes: JSON.stringify({ a: 'ENC[x]', sops: { version: '3.9.0', age: [AGE] }, b: 1 }),
    },
    {
      form: 'groups of keys',
      text: JSON.stringify({ sops: { shamir_threshold: 2, key_groups: [{ kms: [KMS], age: [AGE] }, { kms: [KMS] }] } }),
      becomes: JSON.stringify({ sops: { shamir_threshold: 2, key_groups: [{ age: [AGE] }, { age: [] }] } }),
    },
    {
      form: 'what nobody knows, and names in another case',
      text: JSON.stringify({ sops: { KMS: [KMS], new_service: [KMS], age: [AGE] } }),
      becomes: JSON.stringify({ sops: { age: [AGE] } }),
    },
  ])('$form', ({ text, becomes }) => {
    expect(withAgeKeysAlone(text)).toBe(becomes);
  });

  const NO_AGE = (found: string) =>
    `SOPS: expected a key of age among those that it was encrypted with, found ${found}. Add an age recipient with sops rotate --add-age: other services are not asked for keys.`;
  test.each([
    {
      what: 'no key of age',
      text: JSON.stringify({ sops: { kms: [KMS], pgp: [KMS], age: [] } }),
      reason: NO_AGE('kms, pgp'),
    },
    { what: 'no key at all', text: 'sops: { mac: m }\n', reason: NO_AGE('none') },
    {
      what: 'a second mapping in another case, which some versions of SOPS read',
      text: JSON.stringify({ sops: { age: [AGE] }, '\u017fOPS': { kms: [KMS] } }),
      reason: 'SOPS: expected one mapping sops, found another',
    },
    {
      what: 'a line end that only SOPS sees',
      text: `# a\u0085sops: { kms: [{ arn: a }] }\nsops: { age: [{ enc: x }] }\n`,
      reason: 'SOPS: expected lines that end as in all YAML, found another line end',
    },
    {
      what: 'an anchor in the metadata that values use',
      text: 'sops: { age: [{ enc: &x y }] }\na: *x\n',
      reason: 'SOPS: expected YAML or JSON, found another text',
    },
  ])('refused: $what', ({ text, reason }) => {
    expect(() => withAgeKeysAlone(text)).toThrow(reason);
  });
});
