import { isRecord } from './fields.ts';
import type { ApiObject } from './resources.ts';

const BYTE = 256;

/**
 * Gives Services their addresses: each that asks for none itself has one for its whole life.
 *
 * @see https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects
 */
export function clusterIps(): (object: ApiObject, before: ApiObject | undefined) => ApiObject {
  let given = 0;
  const next = () => {
    given += 1;
    return `10.96.${Math.floor(given / BYTE)}.${given % BYTE}`;
  };
  return (object, before) => {
    const spec = object['spec'];
    if (object.kind !== 'Service' || !isRecord(spec) || spec['type'] === 'ExternalName' || 'clusterIP' in spec) {
      return object;
    }
    return { ...object, spec: { ...spec, clusterIP: addressOf(before) ?? next() } };
  };
}

function addressOf(service: ApiObject | undefined): unknown {
  const spec = service?.['spec'];
  return isRecord(spec) ? spec['clusterIP'] : undefined;
}
