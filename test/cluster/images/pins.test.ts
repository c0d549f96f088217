import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { unpinned } from './pins.ts';

const BASE = `debian:bookworm-slim@sha256:${'a'.repeat(64)}`;
const SNAPSHOT = 'echo deb http://snapshot.debian.org/archive/debian/20261115T000000Z bookworm main > /s.list';

const dockerfiles = execFileSync('git', ['ls-files', '*Dockerfile*'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => /(^|\/)Dockerfile$/.test(path));

test('the Dockerfiles of this repository are the two that are known', () => {
  expect(dockerfiles).toEqual(['infra/agent/Dockerfile', 'infra/demo/hello/Dockerfile']);
});

test.each(dockerfiles)('%s takes nothing from outside that is not pinned', (path) => {
  expect(unpinned(readFileSync(path, 'utf8'))).toEqual([]);
});

test.each([
  ['an image by a tag', 'FROM debian:bookworm-slim', 2, '@sha256: and a digest'],
  ['an image by an argument that is a tag', 'FROM $OTHER', 2, '@sha256: and a digest'],
  ['a file of an image by a tag', 'COPY --from=busybox:1.37 /bin/busybox /bin/', 2, '@sha256: and a digest'],
  ['packages of apt', 'RUN apt-get install -y git', 2, 'packages with =VERSION, or of a time of snapshot.debian.org'],
  [
    'one package of two',
    'RUN apt-get install -y git=1:2.39 curl',
    2,
    'packages with =VERSION, or of a time of snapshot.debian.org',
  ],
  ['what is new in apt', 'RUN apt-get update && apt-get -y upgrade', 2, 'a time of snapshot.debian.org'],
  ['packages of apk', 'RUN apk add --no-cache git', 2, 'packages with =VERSION'],
  ['packages of pip by versions', 'RUN pip install Flask==3.1.2', 2, '--require-hashes and a file of them'],
  [
    'packages of pip by a file',
    'RUN python -m pip install -r requirements.txt',
    2,
    '--require-hashes and a file of them',
  ],
  ['npm without the lockfile', 'RUN npm install', 2, 'npm ci, which keeps to the lockfile'],
  ['npx', 'RUN npx esbuild main.ts', 2, 'npm ci, which keeps to the lockfile'],
  ['yarn that may change its lockfile', 'RUN yarn install', 2, '--frozen-lockfile'],
  [
    'the newest of a Go module',
    'RUN go install sigs.k8s.io/kustomize/kustomize/v5@latest',
    2,
    'a go.mod with its go.sum, or a version',
  ],
  ['a go.mod that may change', 'RUN cd /tools && go build -mod=mod .', 2, 'a go.mod with its go.sum, or a version'],
  ['modules without checksums', 'ENV GOSUMDB=off', 2, 'checksums to be looked up'],
  ['a download', 'RUN curl -fsSL https://example.com/tool -o /tool', 2, 'sha256sum --check of what it brings'],
  [
    'a script from outside',
    'RUN wget -qO- https://example.com/install.sh | sh',
    2,
    'sha256sum --check of what it brings',
  ],
  ['a file by ADD', 'ADD https://example.com/tool /tool', 2, '--checksum=sha256:…, or a commit of a repository'],
  ['the head of a branch', 'RUN git clone https://example.com/tool.git', 2, 'a commit by its 40 digits'],
  ['a crate without its lockfile', 'RUN cargo install ripgrep', 2, '--locked and a version'],
  ['a gem without a version', 'RUN gem install rake', 2, 'a version'],
  [
    'what stands in a later line',
    'RUN true \\\n# said between\n && npm install',
    2,
    'npm ci, which keeps to the lockfile',
  ],
  ['a command as a list', 'RUN ["npm", "install"]', 2, 'npm ci, which keeps to the lockfile'],
])('%s is named with its line', (_, instruction, line, expected) => {
  expect(unpinned(`FROM ${BASE}\n${instruction}\n`)).toMatchObject([{ line, expected }]);
});

test('what is named is the very command', () => {
  expect(unpinned(`FROM ${BASE}\nRUN true && \\\n  pip install   Flask\n`)).toEqual([
    { line: 2, what: 'pip install Flask', expected: '--require-hashes and a file of them' },
  ]);
});

test.each([
  ['another stage', 'FROM one\nCOPY --from=one /a /a\nCOPY --from=0 /a /a'],
  ['nothing at all', 'FROM scratch'],
  ['packages of a time of the archive', `RUN ${SNAPSHOT} && apt-get update && apt-get install -y git`],
  ['packages of apt by versions', 'RUN apt-get install -y --no-install-recommends git=1:2.39.5-0+deb12u3'],
  ['packages of pip by hashes', 'RUN pip install --no-cache-dir --require-hashes -r requirements.txt'],
  ['what the lockfile says', 'RUN npm ci && npm run build'],
  ['what go.sum says', 'RUN go build -mod=readonly ./cmd/tool && go install example.com/tool@v1.2.3'],
  ['a download that is checked', 'RUN curl -fsSLO https://example.com/t && echo "0 t" | sha256sum --check'],
  ['a commit', `RUN git clone https://example.com/t.git && git -C t checkout ${'b'.repeat(40)}`],
  ['a file by ADD with its checksum', 'ADD --checksum=sha256:00 https://example.com/tool /tool'],
])('%s is pinned', (_, instructions) => {
  expect(unpinned(`FROM ${BASE} AS one\n${instructions}\n`)).toEqual([]);
});
