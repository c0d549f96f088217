/** Who asks: nobody, the owner of a token (classic, fine-grained or a workflow's), or a GitHub App. */
export type GitHubCredentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'app';
      /** Its number or its client id. */
      readonly appId: string | number;
      /** Asked of GitHub where it is left out. */
      readonly installationId?: number | undefined;
      /** PEM. */
      readonly privateKey: string;
    };

/** What an App is granted one by one: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps */
export type Permission = 'contents' | 'statuses';

/** Gives the `authorization` header of a request. */
export interface Authorization {
  /**
   * Undefined where nothing is to be shown.
   *
   * @throws SluiceError `git-unauthorized` where an App gets no token
   */
  header(): Promise<string | undefined>;
  /** Lets go of a token that GitHub did not take; false where there is no other to be had. */
  renew(): boolean;
  /** Was the token made so lately that not all of GitHub may know it yet? */
  isNew(): boolean;
  /**
   * Whether contents or statuses may be written.
   *
   * @param push what the repository says of whoever asks, which is false for any installation of an App
   */
  mayWrite(permission: Permission, push: boolean): Promise<boolean>;
}
