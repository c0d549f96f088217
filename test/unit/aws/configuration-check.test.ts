import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../../infra/aws/configuration-check.ts';
import { configOf, settingsOf } from './deployed.ts';

const good = {
  config: configOf(),
  configFile: 'sluice.yml',
  isExample: false,
  settings: settingsOf(),
  faults: [] as readonly string[],
  warnings: [],
};
const example = { ...good, configFile: 'sluice.example.yml', isExample: true };
const copyIt =
  'sluice.yml: expected what is to be deployed, found none. Copy sluice.example.yml to sluice.yml and make it yours.';

describe('what is packaged or deployed', () => {
  test.each([
    { what: 'good', deployment: good, packaged: undefined, deployed: undefined },
    { what: 'the example', deployment: example, packaged: undefined, deployed: copyIt },
    {
      what: 'the example, with params that are wrong',
      deployment: { ...example, settings: undefined, faults: ['--param tracing: expected true or false'] },
      packaged: 'sluice.example.yml and the params have a fault:\n- --param tracing: expected true or false',
      deployed: copyIt,
    },
    {
      what: 'one fault',
      deployment: { ...good, faults: ['a'] },
      packaged: 'sluice.yml and the params have a fault:\n- a',
      deployed: 'sluice.yml and the params have a fault:\n- a',
    },
    {
      what: 'two faults',
      deployment: { ...good, faults: ['a', 'b'] },
      packaged: 'sluice.yml and the params have 2 faults:\n- a\n- b',
      deployed: 'sluice.yml and the params have 2 faults:\n- a\n- b',
    },
  ])('$what', ({ deployment, packaged, deployed }) => {
    expect({ packaged: refusalOf(deployment, false), deployed: refusalOf(deployment, true) }).toEqual({
      packaged,
      deployed,
    });
  });
});
