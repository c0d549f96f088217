import { type Fault, type FaultPlan, THROTTLED } from '../aws/aws-proxy.ts';
import type { Progress } from './random-kills.ts';

/** In this part of the work AWS refuses one call in so many that the functions make to SQS and to the cache. */
const FROM = 0.25;
const TO = 0.75;
const SHARE = 1 / 20;
/** In the midst of it SQS takes nothing at all, for longer than the functions try. */
const AWAY_FROM = 0.5;
const AWAY_MILLIS = 2000;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const CACHE_THROTTLED: Fault = {
  status: 400,
  type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException',
  message: 'Rate of requests exceeds the allowed throughput.',
};

/** Faults at random, with what they hit so far. */
export interface Throttling {
  readonly plan: FaultPlan;
  count(): number;
}

/** AWS that is asked too often. The test's own calls, and those of Lambda's pollers, pass. */
export function throttlingBy(random: () => number, progress: Progress): Throttling {
  let awayUntil: number | undefined;
  let count = 0;
  const isAway = () => {
    awayUntil ??= progress() < AWAY_FROM ? undefined : performance.now() + AWAY_MILLIS;
    return awayUntil !== undefined && performance.now() < awayUntil;
  };
  const isThrottled = () => progress() > FROM && progress() < TO && random() < SHARE;
  const faults: Readonly<Record<string, () => Fault | undefined>> = {
    sqs: () => (isAway() || isThrottled() ? THROTTLED : undefined),
    dynamodb: () => (isThrottled() ? CACHE_THROTTLED : undefined),
  };
  return {
    count: () => count,
    plan({ caller, service }) {
      const fault = caller === undefined ? undefined : faults[service]?.();
      count += fault === undefined ? 0 : 1;
      return fault;
    },
  };
}
