// A data directory that evidence cannot be written to. Found at start, told to whoever starts.

export class DataDirFault extends Error {
  override readonly name = 'DataDirFault';
  readonly code: 'data_locked' | 'data_unwritable' | 'data_invalid';

  /** `message` names the directory or file and what to do. */
  constructor(code: DataDirFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
