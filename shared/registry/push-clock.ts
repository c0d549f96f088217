/** An image by its digest, and a tag that points to it. */
export interface TaggedDigest {
  readonly tag: string;
  readonly digest: string;
}

/** The clock of a registry: when it took an image, which nobody who pushes can set. */
export interface PushClock {
  /**
   * When the registry says that it took this digest, in milliseconds since the epoch; undefined where it does not say,
   * or cannot be asked.
   */
  pushedAt(repository: string, version: TaggedDigest): Promise<number | undefined>;
}
