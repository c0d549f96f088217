import { type ObjectId, printId } from '../manifest.ts';

/** Why an object is not healthy. */
export interface Problem {
  readonly id: ObjectId;
  readonly reason: string;
}

/** `deployment/default/hello: 1 of 2 replicas are available` */
export function printProblem({ id, reason }: Problem): string {
  return `${printId(id)}: ${reason}`;
}
