// What admission puts into the evidence. An append resolves once the record is durable.

export interface AdmissionEntry {
  readonly type: 'policy.admitted' | 'injection.changed';
  readonly detail: Readonly<Record<string, string>>;
}

export type Append = (entry: AdmissionEntry) => Promise<void>;

/** Below the ten seconds that the API server waits for us. */
const APPEND_MS = 5000;

/** Whether the entry is durable: no evidence, no change. */
export async function isAppended(append: Append, entry: AdmissionEntry): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), APPEND_MS);
  });
  const done = append(entry).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
