import { expect, test } from 'vitest';
import { ecrHost, ecrRegistry } from '../../../shared/registry/ecr-address.ts';

test.each([
  { host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com', region: 'eu-central-1', fips: false },
  { host: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', region: 'cn-north-1', fips: false },
  { host: '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', region: 'us-gov-west-1', fips: true },
  { host: '123456789012.dkr-ecr.eu-central-1.on.aws', region: 'eu-central-1', fips: false },
  { host: '123456789012.dkr-ecr-fips.us-east-1.on.aws', region: 'us-east-1', fips: true },
])('$host is a registry of ECR', ({ host, region, fips }) => {
  expect(ecrRegistry(host)).toEqual({ account: '123456789012', region, fips });
});

test.each([
  'public.ecr.aws',
  '12345678901.dkr.ecr.eu-central-1.amazonaws.com',
  '123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.com',
  'x123456789012.dkr.ecr.eu-central-1.amazonaws.com',
  '123456789012.dkr.ecr.eu.central.amazonaws.com',
  '123456789012.dkr.ecr.eu-central-1.amazonaws.com:443',
  '123456789012.dkr-ecr.eu-central-1.amazonaws.com',
  'ghcr.io',
])('%s is none', (host) => {
  expect(ecrRegistry(host)).toBeUndefined();
});

test.each([
  { region: 'eu-central-1', host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com' },
  { region: 'cn-northwest-1', host: '123456789012.dkr.ecr.cn-northwest-1.amazonaws.com.cn' },
])('images of $region are named by $host', ({ region, host }) => {
  expect(ecrHost({ account: '123456789012', region })).toBe(host);
});
