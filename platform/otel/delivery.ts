// How one batch fared, and the causes that evidence and metrics show: words of ours and the system's,
// never a word of the receiver's.

export type Delivery =
  /** `rejected`: items that the receiver took note of and refused (OTLP partial success). */
  | { readonly kind: 'delivered'; readonly rejected: number }
  | ({ readonly kind: 'failed' } & Failure);

export interface Failure {
  /** `timeout`, `ECONNREFUSED`, `http_503` … */
  readonly cause: string;
  /** The same batch would be refused again. */
  readonly isFinal: boolean;
  /** What the receiver asked for; bounded by whoever waits. */
  readonly retryAfterMillis?: number;
}

/** Carries a Failure through the SDK's exporter, which takes errors alone. */
export class DeliveryFault extends Error {
  override readonly name = 'DeliveryFault';
  readonly code = 'otlp_delivery';
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`not delivered: ${failure.cause}`, options);
    this.failure = failure;
  }
}
