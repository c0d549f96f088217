import * as z from 'zod';
import { type Answer, Refusal } from './answer.ts';
import type { Project } from './projects.ts';
import type { User } from './users.ts';

/** A request, once it is known whose it is and what it is about. */
export interface Call<Query = unknown, Body = unknown> {
  readonly project: Project;
  /** The parts of the path that stand for something, decoded. */
  readonly at: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly user: User;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** With the query as it was sent. */
  readonly url: URL;
}

/** Where an endpoint is, and for whom. */
interface Place {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** `projects/:id/repository/branches/:branch` */
  readonly path: string;
  /** What a token must have: `read_api` will do for reading; every other needs `api`. */
  readonly scope: 'read' | 'write';
}

/** An endpoint as GitLab's API documentation describes it, and what the double does there. */
interface Description<Query, Body, Reply> extends Place {
  /** Every parameter that is documented; another one is a breach. */
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Every field that is documented; undefined where the reply is no JSON. */
  readonly reply?: z.ZodType;
  readonly handle: (call: Call<Query, Body>) => Promise<Answer<Reply>>;
}

/** An endpoint, ready to be asked. */
export interface Endpoint extends Place {
  readonly serve: (call: Call<URLSearchParams>, breach: (what: string) => void) => Promise<Answer>;
}

/** Makes an endpoint that checks what it is asked, and what it answers. */
export function endpoint<Query = unknown, Body = unknown, Reply = unknown>(
  description: Description<Query, Body, Reply>,
): Endpoint {
  const { method, path, scope, query, body, reply, handle } = description;
  return {
    method,
    path,
    scope,
    async serve(call, breach) {
      const name = `${method} ${path}`;
      // Where nothing is documented, nothing may be sent.
      const read = (schema: z.ZodType | undefined, value: unknown, part: string) => {
        const result = (schema ?? z.strictObject({})).safeParse(value);
        if (result.success) {
          return result.data;
        }
        const faults = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');
        breach(`${name}: ${part}: ${faults}`);
        throw new Refusal(400, { error: faults });
      };
      const asked = read(query, Object.fromEntries(call.query), 'query') as Query;
      const given = read(body, call.body, 'body') as Body;
      const answer = await handle({ ...call, query: asked, body: given });
      const checked = reply?.safeParse(answer.body);
      if (checked?.success === false) {
        breach(`${name}: reply: ${checked.error.message}`);
      }
      return answer;
    },
  };
}
