// A Redis that cannot be used as it is: the message says what is wrong and what to set. It never holds
// an address with its credentials.

export class RedisFault extends Error {
  override readonly name = 'RedisFault';
  readonly code: 'url_invalid' | 'unreachable' | 'posture' | 'data_invalid';

  constructor(code: RedisFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
