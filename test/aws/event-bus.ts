import { randomUUID } from 'node:crypto';
import type { AsynchronousInvocations } from './asynchronous.ts';
import type { Rule } from './stack.ts';

/** EventBridge: the default bus, and the schedules. */
export interface EventBus {
  /** Puts an event; gives the names of the rules that it fitted. */
  put(event: object): readonly string[];
  /** Lets the time of every schedule come; gives their rules' names. */
  tick(): readonly string[];
}

/** Routes events by the rules of the stack. Lambda's targets are invoked asynchronously. */
export function eventBus(rules: readonly Rule[], invocations: Pick<AsynchronousInvocations, 'accept'>): EventBus {
  const deliver = (rule: Rule, event: object) => {
    for (const { arn, input } of rule.targets) {
      invocations.accept(arn.split(':').at(6) ?? arn, input ?? JSON.stringify(event));
    }
    return rule.name;
  };
  const enabled = rules.filter(({ isEnabled }) => isEnabled);
  return {
    put: (event) =>
      enabled
        .filter(({ pattern }) => pattern !== undefined && isMatch(pattern, event))
        .map((rule) => deliver(rule, event)),
    tick: () => enabled.filter(({ schedule }) => schedule !== undefined).map((rule) => deliver(rule, scheduled(rule))),
  };
}

/**
 * Whether an event fits a pattern: every field of the pattern is there, and one of its values fits. Of the operators
 * those that name a string's beginning or end, a set of exceptions, or presence.
 *
 * @throws Error at another operator
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
 */
export function isMatch(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) {
    const values = Array.isArray(value) ? value : [value];
    return pattern.some((wanted) => values.some((found) => isValueMatch(wanted, found)));
  }
  return Object.entries(pattern as object).every(([field, inner]) =>
    isMatch(inner, (value as Record<string, unknown> | undefined)?.[field]),
  );
}

function isValueMatch(wanted: unknown, found: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) {
    return wanted === found;
  }
  return Object.entries(wanted).every(([operator, operand]) => {
    switch (operator) {
      case 'prefix':
        return typeof found === 'string' && found.startsWith(String(operand));
      case 'suffix':
        return typeof found === 'string' && found.endsWith(String(operand));
      case 'exists':
        return (found !== undefined) === operand;
      case 'anything-but':
        return found !== undefined && ![operand].flat().includes(found);
      default:
        throw new Error(`event pattern: expected an operator that this bus knows, found ${operator}`);
    }
  });
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduled({ name }: Rule) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    time: new Date().toISOString(),
    resources: [name],
    detail: {},
  };
}
