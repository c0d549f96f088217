import { policyInvalid } from './policy-invalid.ts';

/** Which end of an order is preferred, in Flux v2's words: `asc` takes the last of the ascending order, the greatest. */
export type Order = 'asc' | 'desc';

/** @throws SluiceError `policy-invalid` */
export function parseOrder(text: string, argument: string): Order {
  const order = argument.trim().toLowerCase();
  // https://fluxcd.io/flux/components/image/imagepolicies/#policy: `asc` where none is written.
  if (order === '' || order === 'asc' || order === 'desc') {
    return order === 'desc' ? order : 'asc';
  }
  throw policyInvalid(text, 'the order asc (the greatest is taken) or desc (the least)', JSON.stringify(argument));
}
