import { isRecord } from './fields.ts';
import type { ApiObject } from './resources.ts';

const BYTE = 256;

/**
 * Assigns Services their addresses: each that asks for none itself has one for its whole life.
 *
 * @see https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects
 */
export class ClusterIps {
  #given = 0;

  /** Returns the object with its address; what is no such Service as it was. */
  assign(object: ApiObject, before: ApiObject | undefined): ApiObject {
    const spec = object['spec'];
    if (object.kind !== 'Service' || !isRecord(spec) || spec['type'] === 'ExternalName' || 'clusterIP' in spec) {
      return object;
    }
    return { ...object, spec: { ...spec, clusterIP: addressOf(before) ?? this.#next() } };
  }

  #next(): string {
    this.#given += 1;
    return `10.96.${Math.floor(this.#given / BYTE)}.${this.#given % BYTE}`;
  }
}

function addressOf(service: ApiObject | undefined): unknown {
  const spec = service?.['spec'];
  return isRecord(spec) ? spec['clusterIP'] : undefined;
}
