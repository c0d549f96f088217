import { isDeepStrictEqual } from 'node:util';
import { isRecord } from './fields.ts';
import type { ApiObject } from './resources.ts';

/** A field that the API does not take, in the words of its Status. */
export interface Invalid {
  readonly field: string;
  readonly message: string;
}

/** The rules that users of the demo run into; the real API has many more. */
export function validate(object: ApiObject, live: ApiObject | undefined): readonly Invalid[] {
  if (object.kind !== 'Deployment') {
    return [];
  }
  const spec = isRecord(object['spec']) ? object['spec'] : {};
  const template = isRecord(spec['template']) ? spec['template'] : {};
  const podSpec = isRecord(template['spec']) ? template['spec'] : {};
  const containers = Array.isArray(podSpec['containers']) ? podSpec['containers'] : [];
  const faults: Invalid[] = [];
  const labels = labelsOf(template['metadata']);
  const selector = isRecord(spec['selector']) ? labelsAt(spec['selector']['matchLabels']) : undefined;
  if (selector === undefined) {
    faults.push({ field: 'spec.selector', message: 'Required value' });
  } else if (Object.entries(selector).some(([name, value]) => labels[name] !== value)) {
    faults.push({
      field: 'spec.template.metadata.labels',
      message: `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
    });
  }
  if (containers.length === 0) {
    faults.push({ field: 'spec.template.spec.containers', message: 'Required value' });
  }
  containers.filter(isRecord).forEach((container, index) => {
    if (typeof container['image'] !== 'string' || container['image'] === '') {
      faults.push({ field: `spec.template.spec.containers[${index}].image`, message: 'Required value' });
    }
  });
  const liveSpec = isRecord(live?.['spec']) ? live['spec'] : undefined;
  if (liveSpec !== undefined && !isDeepStrictEqual(liveSpec['selector'], spec['selector'])) {
    const value = JSON.stringify(spec['selector']);
    faults.push({ field: 'spec.selector', message: `Invalid value: ${value}: field is immutable` });
  }
  return faults;
}

function labelsOf(metadata: unknown): Readonly<Record<string, unknown>> {
  return (isRecord(metadata) ? labelsAt(metadata['labels']) : undefined) ?? {};
}

function labelsAt(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(value) ? value : undefined;
}
