/** A value that an asynchronous initialiser gives, kept for later calls. */
export interface MemoizedAsync<T> {
  /** Runs the initialiser at the first call, and again at the next one after a failure. */
  readonly get: () => Promise<T>;
  /** Drops the value: the next call runs the initialiser again. */
  readonly forget: () => void;
}

/** Memoises an async initialiser; it runs on the first `get()`, and again after a failure. */
export function memoizeAsync<T>(make: () => Promise<T>): MemoizedAsync<T> {
  let made: Promise<T> | undefined;
  const forget = () => {
    made = undefined;
  };
  return {
    forget,
    async get() {
      made ??= make().catch((error: unknown) => {
        forget();
        throw error;
      });
      return made;
    },
  };
}
