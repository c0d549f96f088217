/** What a host does for us: give objects, or take them. */
export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** One talk with a service of a repository. */
export interface Conversation {
  /** The refs that the host has, as packet lines up to and with their flush. Asked at most once, and first. */
  readonly advertisement: () => Promise<Buffer>;
  /** The whole answer to a request. Asked at most once. */
  readonly reply: (request: Buffer) => Promise<Buffer>;
  /** Leaves: nothing more is asked. Safe to call at any time, and more than once. */
  readonly end: () => void;
}

/**
 * A way to a repository.
 *
 * @param signal ends the talk, whatever state it is in
 */
export type Transport = (service: GitService, signal: AbortSignal) => Conversation;
