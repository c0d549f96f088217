import { describe, expect, test } from 'vitest';
import { alarmNames } from '../../../infra/aws/alarms.ts';
import { dashboard } from '../../../infra/aws/dashboard.ts';
import { resourcesOf } from '../../../infra/aws/resources.ts';
import { FUNCTIONS } from '../../../infra/aws/uses.ts';
import { configOf, settingsOf } from './deployed.ts';
import { valueAt } from './value-at.ts';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    readonly region?: string;
    readonly query?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
  };
}

function textWith(changes: Readonly<Record<string, unknown>> = {}): string {
  return String(valueAt(dashboard(settingsOf(changes)), 'Dashboard.Properties.DashboardBody.Fn::Sub'));
}

function widgetsWith(changes?: Readonly<Record<string, unknown>>): readonly Widget[] {
  return (JSON.parse(textWith(changes)) as { readonly widgets: readonly Widget[] }).widgets;
}

test.each([
  { shows: 'Pushes', of: 'receive-push' },
  { shows: 'Updates', of: 'evaluate-policy' },
  { shows: 'Commits', of: 'commit-image' },
  { shows: 'From push to commit, in milliseconds', of: 'commit-image' },
  { shows: 'Reports', of: 'report-apply' },
  { shows: 'Sweep: missed pushes and failures', of: 'sweep' },
])('$shows, from the log of $of', ({ shows, of }) => {
  const widget = widgetsWith().find(({ properties }) => properties.title === shows);
  expect(widget?.type).toBe('log');
  expect(widget?.properties.query).toMatch(
    new RegExp(`^SOURCE '/aws/lambda/sluice-prod-${of}'\n\\| filter .*\n\\| stats `),
  );
});

test('what failed, from the logs of all functions', () => {
  const { query } = widgetsWith().find(({ properties }) => properties.title === 'What failed?')?.properties ?? {};
  expect(query?.split('\n')[0]).toBe(FUNCTIONS.map((name) => `SOURCE '/aws/lambda/sluice-prod-${name}'`).join(' | '));
});

test.each([
  {
    shows: 'Failed invocations, and 5xx of the push URL',
    metrics: ['Errors', 'Errors', 'Errors', 'Errors', 'Errors', '5xx'],
  },
  { shows: 'Dead letters', metrics: Array.from({ length: 4 }, () => 'ApproximateNumberOfMessagesVisible') },
  {
    shows: 'Age of the oldest message, in seconds',
    metrics: ['ApproximateAgeOfOldestMessage', 'ApproximateAgeOfOldestMessage'],
  },
])('$shows, by metrics that AWS makes anyway', ({ shows, metrics }) => {
  const widget = widgetsWith().find(({ properties }) => properties.title === shows);
  expect(widget?.properties.metrics?.map(([, metric]) => metric)).toEqual(metrics);
  expect(widget?.properties.metrics?.every(([namespace]) => String(namespace).startsWith('AWS/'))).toBe(true);
});

test('what CloudFormation is to put in is in the template, or made by Serverless', () => {
  const resources = resourcesOf(configOf(), settingsOf()).Resources;
  const names = [...textWith().matchAll(/\$\{(\w+)(?:\.\w+)?\}/g)].map(([, id = '']) => id);
  expect(new Set(names.filter((id) => !(id in resources)))).toEqual(new Set(['HttpApi']));
  expect(textWith()).not.toMatch(/\$(?!\{(\w+(\.\w+)?|AWS::(Region|Partition|AccountId))\})/);
});

test('the widgets fill rows of 24 columns, and none lies on another', () => {
  const rows = Map.groupBy(widgetsWith(), ({ y }) => y);
  let bottom = 0;
  for (const [y, widgets] of rows) {
    expect(y).toBe(bottom);
    expect(widgets.map(({ x }) => x)).toEqual(widgets.map((_, index) => (index * 24) / widgets.length));
    expect(widgets.reduce((sum, { width }) => sum + width, 0)).toBe(24);
    bottom += widgets[0]?.height ?? 0;
  }
});

describe('its alarms', () => {
  test('are those of the stack', () => {
    const { alarms = [] } = widgetsWith().at(-1)?.properties ?? {};
    expect(alarms.map((arn) => arn.split(':alarm:')[1])).toEqual(alarmNames(settingsOf()));
  });

  test('are left out where there are none', () => {
    expect(widgetsWith({ alarms: 'false' }).map(({ type }) => type)).not.toContain('alarm');
  });
});

test('it is left out where it is not wanted', () => {
  expect(dashboard(settingsOf({ dashboard: 'false' }))).toEqual({});
});
