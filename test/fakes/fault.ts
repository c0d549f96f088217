/** What a double does to one request instead of answering it properly. */
export type Fault =
  /** Answers with this status, before or after the work of the request was done. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly afterWork?: boolean;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Does the work, and cuts the reply in half. */
  | { readonly kind: 'cut' }
  /** Never answers; the work is done where `afterWork` says so. */
  | { readonly kind: 'hang'; readonly afterWork?: boolean };

/** Asked for each request; undefined lets it pass. */
export type FaultPlan = (request: { readonly method: string; readonly path: string }) => Fault | undefined;

/** A request that a double took, and what it answered; 0 where it did not. */
export interface TakenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly status: number;
}
