// What the API server believes of our webhooks: the field caBundle of both configurations, which the chart does
// not write. The leader writes it and nothing else of them; every replica looks at what is there.

import type { KubeClient } from '../kube/client.ts';

export interface CaBundles {
  /** PEM of each webhook of both configurations; empty where none is set. Undefined: not installed. */
  observed(): Promise<readonly string[] | undefined>;
  write(bundle: string): Promise<void>;
}

const FOLDER = '/apis/admissionregistration.k8s.io/v1';
const CONFIGURATIONS = [
  ['MutatingWebhookConfiguration', `${FOLDER}/mutatingwebhookconfigurations/gatehouse`],
  ['ValidatingWebhookConfiguration', `${FOLDER}/validatingwebhookconfigurations/gatehouse`],
] as const;
/** Owns this one field, so that no GitOps tool and no upgrade of the chart takes it away. */
const MANAGER = 'gatehouse-certificates';

interface Webhook {
  readonly name: string;
  readonly clientConfig?: { readonly caBundle?: string };
}

export class WebhookCaBundles implements CaBundles {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  async observed(): Promise<readonly string[] | undefined> {
    const all = await Promise.all(CONFIGURATIONS.map(([, path]) => this.#webhooks(path)));
    if (all.some((webhooks) => webhooks === undefined)) return undefined;
    return all.flatMap((webhooks = []) =>
      webhooks.map(({ clientConfig }) =>
        Buffer.from(clientConfig?.caBundle ?? '', 'base64').toString('utf8'),
      ),
    );
  }

  async write(bundle: string): Promise<void> {
    const caBundle = Buffer.from(bundle, 'utf8').toString('base64');
    for (const [kind, path] of CONFIGURATIONS) {
      const webhooks = (await this.#webhooks(path)) ?? [];
      if (webhooks.every(({ clientConfig }) => clientConfig?.caBundle === caBundle)) continue;
      await this.#client.apply(
        path,
        {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind,
          metadata: { name: 'gatehouse' },
          webhooks: webhooks.map(({ name }) => ({ name, clientConfig: { caBundle } })),
        },
        { manager: MANAGER, force: true },
      );
    }
  }

  async #webhooks(path: string): Promise<readonly Webhook[] | undefined> {
    const found = await this.#client.find(path);
    return found === undefined ? undefined : ((Object(found).webhooks ?? []) as Webhook[]);
  }
}
