/** Something that is made when it is first asked for, once for all who ask. */
export interface Lazy<T> {
  /** What failed is tried anew by whoever asks next. */
  readonly get: () => Promise<T>;
  /** Has it made anew. */
  readonly forget: () => void;
}

/** Nothing is made yet. */
export function lazily<T>(make: () => Promise<T>): Lazy<T> {
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
