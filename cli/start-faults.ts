// Why a program that serves did not start, and with which exit codes it says so.

/** EX_CONFIG of sysexits.h: it cannot start as it is configured. */
export const EXIT_CONFIG = 78;
/** EX_IOERR: the evidence of the start, or of the end, could not be written. */
export const EXIT_EVIDENCE = 74;

/** Faults of the configuration: their messages name the setting and what to do. */
const START_FAULTS: ReadonlySet<string> = new Set([
  'SettingsFault',
  'ConsoleFault',
  'AdminFault',
  'MaskingKeyFault',
  'SealingKeysFault',
  'SigningKeyFault',
  'CredentialFault',
  'TrustKeyFault',
  'ApprovalKeyFault',
  'RecordingKeyFault',
  'DataDirFault',
  'OtlpFault',
  'RedisFault',
]);

export function isStartFault(error: unknown): error is Error {
  return error instanceof Error && START_FAULTS.has(error.name);
}
