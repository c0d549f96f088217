/** A pushed tag as a sender tells of it. */
export interface PushedTag {
  /** The sender's own id of the event, the same when it is delivered again. */
  readonly id: string;
  /** Host with port; undefined where the sender does not say. */
  readonly registry: string | undefined;
  readonly repository: string;
  readonly tag: string;
  readonly digest?: string | undefined;
  /** ISO 8601. */
  readonly pushedAt?: string | undefined;
  readonly actor?: string | undefined;
}

/** What a delivery holds: pushed tags, and the reasons why the rest of it is of no interest. */
export interface PushDelivery {
  /** When it was signed, where the sender says so in what the signature covers: an old one is a replay. ISO 8601. */
  readonly signedAt?: string | undefined;
  readonly pushes: readonly PushedTag[];
  readonly ignored: readonly string[];
}

/** A delivery before it is trusted: header names in lower case, the body's raw bytes. */
export interface RawPushDelivery {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** A kind of sender. */
export interface PushSource {
  /** Did somebody who knows the secret send exactly this? */
  isAuthentic(delivery: RawPushDelivery, secret: string): boolean;
  /**
   * Reads an authentic delivery.
   *
   * @throws SluiceError `push-malformed`
   */
  read(delivery: RawPushDelivery): PushDelivery;
}
