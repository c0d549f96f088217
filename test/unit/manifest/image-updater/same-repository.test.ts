import { expect, test } from 'vitest';
import { isSameBranch, isSameRepository } from '../../../../shared/manifest/image-updater/same-repository.ts';

const url = 'https://gitlab.example.com/team/deploy.git';

test.each([
  { named: 'https://gitlab.example.com/team/deploy', isSame: true },
  { named: 'git@gitlab.example.com:team/deploy.git', isSame: true },
  { named: 'ssh://git@ssh.example.com:2222/Team/Deploy.git/', isSame: true },
  { named: 'https://user@gitlab.example.com/team/deploy.git', isSame: true },
  { named: '{{ .Values.repo }}', isSame: true },
  { named: 'https://gitlab.example.com/team/app.git', isSame: false },
  { named: 'git@gitlab.example.com:other/deploy.git', isSame: false },
  { named: 'https://charts.example.com/', isSame: false },
])('$named is the repository itself: $isSame', ({ named, isSame }) => {
  expect(isSameRepository(named, { url })).toBe(isSame);
});

test.each([
  { revision: 'main', isSame: true },
  { revision: 'refs/heads/main', isSame: true },
  { revision: 'HEAD', isSame: true },
  { revision: '', isSame: true },
  { revision: 'production', isSame: false },
  { revision: 'v1.0.0', isSame: false },
])('$revision is the branch main: $isSame', ({ revision, isSame }) => {
  expect(isSameBranch(revision, { branch: 'main' })).toBe(isSame);
});
