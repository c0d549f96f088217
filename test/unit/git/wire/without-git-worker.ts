import { readCredentials } from '../../../../shared/git/credentials.ts';
import { openPlainGit } from '../../../../shared/git-host/git/open.ts';

/** Reads and commits by what its arguments say, and tells what it found. */
const [url = '', secret = '', knownHosts = '', directory = ''] = process.argv.slice(2);
const credentials = await readCredentials(
  secret === '' ? undefined : secret,
  knownHosts === '' ? undefined : knownHosts,
  directory,
);
const host = openPlainGit({ url, credentials, timeoutMillis: 10_000 });
const head = await host.head('main');
const files = await host.files(head, ['k8s']);
const edits = [{ path: 'k8s/deploy.yml', text: 'image: hello:2\n' }];
const commit = await host.commit({ branch: 'main', expectedHead: head, edits, message: 'x\n', author: undefined });
const { changed } = await host.compare(head, 'main');
const history = await host.history('main');
process.stdout.write(
  JSON.stringify({ head, texts: files.map(({ text }) => text), commit, changed, commits: history.length }),
);
