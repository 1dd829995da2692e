// The part of oidc-provider that the fixture uses; the package ships no types.

declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Params {
    readonly [name: string]: unknown;
  }

  export interface Interaction {
    readonly uid: string;
    readonly params: Params;
    readonly prompt: { readonly name: string };
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  export interface OidcContext {
    readonly oidc: {
      readonly params?: Params;
      readonly client: { readonly clientId: string };
      readonly session: { readonly accountId: string };
      readonly provider: Provider;
      /** What the request redeems, where it does. */
      readonly entities: { readonly AuthorizationCode?: { readonly authTime?: number } };
    };
  }

  export interface IssuedToken {
    readonly accountId?: string;
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    readonly Grant: new (of: {
      clientId: string;
      accountId: string;
    }) => Grant;
    callback(): (req: IncomingMessage, res: ServerResponse) => void;
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<Interaction>;
    interactionFinished(req: IncomingMessage, res: ServerResponse, result: object): Promise<void>;
  }

  export const errors: { readonly InvalidTarget: new () => Error };
}

declare module 'oidc-provider/lib/adapters/memory_adapter.js' {
  /** State that outlives the provider that uses it. */
  export function createMemoryAdapter(): (model: string) => object;
}
