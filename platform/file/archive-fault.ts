// An archive that cannot be written or read as it is: the message names the file and what to do.

export class ArchiveFault extends Error {
  override readonly name = 'ArchiveFault';
  readonly code: 'archive_locked' | 'archive_unwritable' | 'archive_damaged';

  constructor(code: ArchiveFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
