import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What this process has on its heap and is of use to somebody, in bytes. */
export function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
