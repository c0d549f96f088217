import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitsOf, git, type Line, markedRevision, rolledOutImage, type Stage, until } from './stage.ts';

const SHA = '3f2a9c1d0b5e4f6a7c8d9e0f1a2b3c4d5e6f7a8b';

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 23, 10, minutes));

/** The story that Sluice is for, on whatever stage: what CI pushes, and what becomes of it. */
export function describeStory(name: string, open: () => Promise<Stage>, timeoutMillis: number): void {
  describe(name, { timeout: timeoutMillis }, () => {
    let stage: Stage;

    beforeAll(async () => {
      stage = await open();
      await until('the first revision', stage, () => find('revision healthy'), timeoutMillis);
    }, timeoutMillis);
    afterAll(async () => stage?.stop());

    const find = (message: string, fits: (line: Line) => boolean = () => true) =>
      stage.lines().find((line) => line['message'] === message && fits(line));
    const commits = () => commitsOf(stage.repository);
    const decided = (tag: string, id?: string) =>
      until(`a decision about ${tag}`, stage, () =>
        stage
          .lines()
          .find(
            (line) =>
              ['image kept', 'update decided'].includes(String(line['message'])) &&
              line['tag'] === tag &&
              (id === undefined || line['push'] === id),
          ),
      );
    const rolledOut = async (tag: string) =>
      until(`${tag} to be rolled out`, stage, async () => {
        const isThere = (await rolledOutImage(stage.cluster)) === `${stage.image}:${tag}`;
        return isThere || undefined;
      });

    test('1. tmp is pushed: nothing happens, and the log says why', async () => {
      const before = commits().length;
      await stage.push('tmp', at(1));
      expect(await decided('tmp')).toMatchObject({
        message: 'image kept',
        object: 'deployment/default/hello',
        because: 'no-match',
        reason: 'tag tmp does not pass regexp:^((?!tmp).)*$',
      });
      expect(commits()).toHaveLength(before);
    });

    test('2. the commit sha is pushed: one commit in one place, applied, rolled out, marked', async () => {
      const before = commits().length;
      await stage.push(SHA, at(2));
      await rolledOut(SHA);
      const [commit] = commits();
      expect(commits()).toHaveLength(before + 1);
      expect(commit?.message).toContain(`${stage.image}: 0.1.0 → ${SHA}\n`);
      expect(commit?.message).toContain(
        'deployment/default/hello container hello: regexp:^((?!tmp).)*$ (k8s/deploy.yml)\n\n[ci skip]\n\n',
      );
      expect(commit?.message).toMatch(
        new RegExp(`^Sluice-Update: ${stage.image} 0\\.1\\.0 ${SHA}@sha256:[0-9a-f]{64}$`, 'm'),
      );
      expect(commit?.message).toMatch(/^Sluice-Push: distribution \d{4}-\d\d-\d\dT[\d:.]+Z \S+$/m);
      const changed = git(stage.repository, 'show', '--format=', '--unified=0', commit?.id ?? '').match(/^[+-].*$/gm);
      expect(changed).toEqual([
        '--- a/k8s/deploy.yml',
        '+++ b/k8s/deploy.yml',
        `-          image: ${stage.image}:0.1.0   # Sluice writes the tag`,
        `+          image: ${stage.image}:${SHA}   # Sluice writes the tag`,
      ]);
      expect(await until('the marker', stage, () => markedRevision(stage.repository) === commit?.id || undefined)).toBe(
        true,
      );
      await until('the report', stage, () => find('revision applied', (line) => line['revision'] === commit?.id));
    });

    test('the ids in the log lead from that push to its report', async () => {
      const received = find('push received', (line) => line['tag'] === SHA);
      const ofPush = (line: Line) => line['push'] === received?.['push'];
      const place = { image: stage.image, tag: SHA, branch: 'main', repository: expect.stringMatching(/hello\.git$/) };
      expect(find('update decided', ofPush)).toMatchObject({ ...place, revision: commits()[1]?.id });
      expect(find('image committed', ofPush)).toMatchObject({ ...place, commit: commits()[0]?.id });
      const { image: _, tag: __, ...repository } = place;
      expect(find('revision applied', (line) => line['revision'] === commits()[0]?.id)).toMatchObject(repository);
    });

    test('3. the same event again, twice, and an older one after it: no further commit', async () => {
      const before = commits().length;
      const again = { id: randomUUID(), tag: SHA };
      const older = { id: randomUUID(), tag: '0.1.0' };
      for (const { id, tag } of [again, again, older]) {
        expect(await deliver(stage, id, tag)).toBe(202);
      }
      await until('three decisions', stage, () => {
        const kept = stage.lines().filter((line) => line['message'] === 'image kept');
        const mine = kept.filter((line) => line['push'] === again.id || line['push'] === older.id);
        return mine.length >= 3 || undefined;
      });
      expect(find('image kept', (line) => line['push'] === again.id)).toMatchObject({ because: 'already-current' });
      expect(find('image kept', (line) => line['push'] === older.id)).toMatchObject({ because: 'not-newer' });
      expect(commits()).toHaveLength(before);
    });

    test('4. master, built later, is taken; an image built earlier is not, whenever it is pushed', async () => {
      const before = commits().length;
      await stage.push('master', at(4));
      await rolledOut('master');
      expect(commits()).toHaveLength(before + 1);
      await stage.push('feature', at(3));
      expect(await decided('feature')).toMatchObject({
        message: 'image kept',
        because: 'not-newer',
        reason: expect.stringContaining('feature is ranked at or below the current master by regexp:^((?!tmp).)*$'),
      });
      expect(commits()).toHaveLength(before + 1);
    });
  });
}

/** What a registry sends when it sends again. */
async function deliver({ pushUrl, secret, image }: Stage, id: string, tag: string): Promise<number> {
  const [host = '', repository = ''] = image.split('/');
  const event = { id, action: 'push', timestamp: at(2).toISOString(), target: { repository, tag }, request: { host } };
  const reply = await fetch(pushUrl, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
    },
    body: JSON.stringify({ events: [event] }),
  });
  await reply.body?.cancel();
  return reply.status;
}
