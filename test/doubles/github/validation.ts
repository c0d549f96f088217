import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { at, readDescription, resolved } from './description.ts';
import { isRecord } from './json.ts';

/** The parts of a request that the description speaks of. */
export interface DescribedRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Undefined where there is none. */
  readonly body: unknown;
}

/** Says what in a request or a reply goes against GitHub's published description; nothing where all is well. */
export interface Validator {
  request(method: string, path: string, request: DescribedRequest): readonly string[];
  /** @param body undefined for a reply without one */
  reply(method: string, path: string, status: number, body: unknown): readonly string[];
}

const ROOT = 'github.json';
const OPTIONS = { strict: false, allErrors: true, validateFormats: true, logger: false } as const;

let made: Validator | undefined;

/** Reads the description, once. */
export function openValidator(): Validator {
  made ??= newValidator(readDescription());
  return made;
}

function newValidator(description: unknown): Validator {
  const replies = new Ajv(OPTIONS);
  // A query holds text alone.
  const requests = new Ajv({ ...OPTIONS, coerceTypes: true });
  const bodies = new Ajv(OPTIONS);
  for (const ajv of [replies, requests, bodies]) {
    formats.default(ajv);
    ajv.addSchema(isRecord(description) ? description : {}, ROOT, undefined, false);
  }
  const known = new Map<string, ValidateFunction>();
  const compile = (ajv: Ajv, key: string, schema: () => Record<string, unknown>) => {
    const validate = known.get(key) ?? ajv.compile(schema());
    known.set(key, validate);
    return validate;
  };
  const operationOf = (method: string, path: string) => at(description, 'paths', path, method.toLowerCase());

  return {
    request(method, path, { params, query, body }) {
      const operation = operationOf(method, path);
      const name = `${method} ${path}`;
      const given = { ...params, ...Object.fromEntries(query) };
      const parameters = compile(requests, `${name} parameters`, () => parameterSchema(description, operation));
      const faults = parameters(given) ? [] : told(`${name} parameters`, parameters.errors);
      const schema = at(operation, 'requestBody', 'content', 'application/json', 'schema');
      if (schema === undefined) {
        return body === undefined ? faults : [...faults, `${name} body: takes none`];
      }
      const isRequired = at(operation, 'requestBody', 'required') === true;
      if (body === undefined) {
        return isRequired ? [...faults, `${name} body: is missing`] : faults;
      }
      const checked = compile(bodies, `${name} body`, () => rooted(closed(schema)));
      return checked(body) ? faults : [...faults, ...told(`${name} body`, checked.errors)];
    },
    reply(method, path, status, body) {
      const name = `${method} ${path} ${status}`;
      const operation = operationOf(method, path);
      const response = at(operation, 'responses', String(status));
      const content = at(resolved(description, response, '').value, 'content', 'application/json', 'schema');
      if (response === undefined && status < 300) {
        return [`${name}: is not a status of it`];
      }
      // What every endpoint may answer, the description leaves out of most: 301, 307, 401, 403, 429, 5xx.
      const isCommon = status >= 400 || status === 301 || status === 307;
      const schema = content ?? (isCommon ? { $ref: '#/components/schemas/basic-error' } : undefined);
      if (schema === undefined) {
        return body === undefined ? [] : [`${name}: has no body`];
      }
      const validate = compile(replies, name, () => rooted(schema));
      return validate(body) ? [] : told(name, validate.errors);
    },
  };
}

function parameterSchema(description: unknown, operation: unknown): Record<string, unknown> {
  const parameters = at(operation, 'parameters');
  const known = (Array.isArray(parameters) ? parameters : []).map(
    (one: unknown) => resolved(description, one, '').value,
  );
  const names = (list: readonly unknown[]) => list.map((one) => String(at(one, 'name')));
  return {
    type: 'object',
    properties: Object.fromEntries(known.map((one) => [String(at(one, 'name')), rooted(at(one, 'schema'))])),
    required: names(known.filter((one) => at(one, 'required') === true)),
    additionalProperties: false,
  };
}

/** GitHub passes over a field that it does not know; who sends one has misspelt another. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) {
    return schema.map(closed);
  }
  if (!isRecord(schema)) {
    return schema;
  }
  const inner = Object.fromEntries(Object.entries(schema).map(([key, item]) => [key, closed(item)]));
  const isOpen = isRecord(inner['properties']) && inner['additionalProperties'] === undefined;
  const isWhole = inner['anyOf'] === undefined && inner['oneOf'] === undefined && inner['allOf'] === undefined;
  return isOpen && isWhole && inner['type'] === 'object' ? { ...inner, additionalProperties: false } : inner;
}

/** Its references lead into the description. */
function rooted(schema: unknown): Record<string, unknown> {
  const text = JSON.stringify(schema ?? {}).replaceAll('"$ref":"#/', `"$ref":"${ROOT}#/`);
  const value: unknown = JSON.parse(text);
  return isRecord(value) ? value : {};
}

function told(name: string, errors: readonly ErrorObject[] | null | undefined): readonly string[] {
  return (errors ?? []).map(({ instancePath, message, params }) => {
    return `${name}${instancePath}: ${message} ${JSON.stringify(params)}`;
  });
}
