/** Work on the only thread in small steps: between two of them others may have their turn. */
export type Steps<T> = Generator<undefined, T>;

/** Does all of it in one go. */
export function atOnce<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (step.done !== true) {
    step = steps.next();
  }
  return step.value;
}
