import { type GitServer, type GitServerOptions, startGitServer } from '../../infra/demo/git-server/server.ts';

/** What a test asks of this process: a server of these repositories, or the end of the one that it was given. */
export type Asked = { readonly id: number; readonly start?: GitServerOptions };
/** A server that has started, by its address, or ended. */
export type Told = { readonly id: number; readonly url?: string };

const servers = new Map<number, GitServer>();

process.on('message', async ({ id, start }: Asked) => {
  if (start === undefined) {
    await servers.get(id)?.stop();
    servers.delete(id);
    process.send?.({ id } satisfies Told);
  } else {
    const server = await startGitServer(start);
    servers.set(id, server);
    process.send?.({ id, url: server.url } satisfies Told);
  }
});
process.on('disconnect', () => process.exit(0));
