/** What a reader can do about a refusal of git, by the settings that he has. */
export interface GitAdvice {
  readonly knownHosts: string;
  readonly credentials: string;
  readonly place: string;
  readonly push: string;
}

/** For the functions, which are told of repositories by sluice.yml. */
export const FUNCTIONS_ADVICE: GitAdvice = {
  knownHosts: 'Check knownHosts of this repository in sluice.yml against the keys that the host publishes.',
  credentials: 'Check the credentials of this repository in sluice.yml: they must be allowed to read it and to push.',
  place: 'Check the url and the branch in sluice.yml.',
  push: 'Allow the account of these credentials to push to the branch.',
};

/** For the agent, which has flags, and fields of a source in the file of --config. */
export const AGENT_ADVICE: GitAdvice = {
  knownHosts: 'Check --known-hosts (knownHosts of the source) against the keys that the host publishes.',
  credentials:
    'Check --git-token-file or --ssh-key (credentials of the source), or the deploy key of the agent: it must be allowed to read the repository, and to push the marker tag unless there is --no-marker.',
  place: 'Check --git-url and --git-branch (url and branch of the source).',
  push: 'Allow the key or token of the agent to push the tag of --marker, or give --no-marker (marker: false of the source).',
};
