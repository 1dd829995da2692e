// Holds answers of the approvals API to docs/openapi/approvals.yaml, and remembers which of the documented
// ones have been seen.

import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Compile } from 'typebox/schema';
import { parse } from 'yaml';

const FILE = new URL('../../docs/openapi/approvals.yaml', import.meta.url);

export interface Answered {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

interface Response {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content: { readonly 'application/json': { readonly schema: object } };
}

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly responses: ReadonlyMap<string, Response>;
}

export class ApiContract {
  readonly #operations: readonly Operation[];
  readonly #seen = new Set<string>();

  private constructor(operations: readonly Operation[]) {
    this.#operations = operations;
  }

  /** Throws when the file is not OpenAPI 3.1. */
  static async read(): Promise<ApiContract> {
    const validator = new Validator();
    const document = parse(readFileSync(FILE, 'utf8'));
    const result = await validator.validate(document);
    if (!result.valid || validator.version !== '3.1') throw new Error(JSON.stringify(result));
    const { paths } = validator.resolveRefs() as unknown as {
      readonly paths: Record<string, Record<string, { responses?: Record<string, Response> }>>;
    };
    return new ApiContract(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { responses }]) =>
          responses === undefined
            ? []
            : [
                {
                  path,
                  method: method.toUpperCase(),
                  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
                  responses: new Map(Object.entries(responses)),
                },
              ],
        ),
      ),
    );
  }

  /** What the file does not say of this answer; an empty list when it says all of it. */
  problems({ method, path, status, headers, body }: Answered): readonly string[] {
    const bare = path.split('?', 1)[0] ?? '';
    const here = this.#operations.filter(({ pattern }) => pattern.test(bare));
    const operation = here.find((one) => one.method === method) ?? here[0];
    const response = operation?.responses.get(String(status));
    if (operation === undefined || response === undefined) {
      return [`${method} ${bare} answers ${status}, which is not documented`];
    }
    this.#seen.add(`${operation.method} ${operation.path} ${status}`);
    const [, errors] = Compile(response.content['application/json'].schema).Errors(body);
    const missing = Object.keys(response.headers ?? {}).filter(
      (name) => name !== 'WWW-Authenticate' && !headers.has(name),
    );
    return [
      ...errors.map(({ instancePath, message }) => `${instancePath} ${message}`),
      ...missing.map((name) => `${name} is not sent`),
      ...(headers.get('content-type') === 'application/json' ? [] : ['is not application/json']),
    ];
  }

  /** Every documented way in, with an id in its place. */
  get ways(): readonly { readonly method: string; readonly path: string }[] {
    return this.#operations.map(({ method, path }) => ({
      method,
      path: path.replaceAll(/\{\w+\}/g, 'ap_00000001'),
    }));
  }

  /** `METHOD path status` of each documented answer that nobody has got. */
  get unseen(): readonly string[] {
    return this.#operations
      .flatMap(({ method, path, responses }) =>
        [...responses.keys()].map((status) => `${method} ${path} ${status}`),
      )
      .filter((known) => !this.#seen.has(known));
  }
}
