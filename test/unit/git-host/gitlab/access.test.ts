import { expect, test } from 'vitest';
import { gitLabStage } from './stage.ts';

const gitLab = gitLabStage();

test.each([
  { name: 'a developer, to a branch that is not protected', can: true },
  { name: 'a developer, to a protected branch', isProtected: true, can: false },
  { name: 'a developer, beside a protected branch', isProtected: true, beside: true, can: true },
  { name: 'a reporter, beside a protected branch', isProtected: true, beside: true, accessLevel: 20, can: false },
  { name: 'a member by an invited group', isProtected: true, beside: true, accessLevel: null, can: true },
  { name: 'a developer, in an archived project', isProtected: true, beside: true, isArchived: true, can: false },
  { name: 'a token that only reads, beside', isProtected: true, beside: true, token: 'read-token', can: false },
])('$name: $can', async ({ isProtected = false, beside, accessLevel = 30, isArchived = false, token, can }) => {
  const { host, again, project } = gitLab.repository();
  Object.assign(project, { accessLevel, archived: isArchived });
  if (isProtected) {
    project.protectedBranches.add('main');
  }
  const asking = token === undefined ? host : again({ token });
  expect(await asking.canWrite('main', beside)).toBe(can);
});
