// Recordings as a reader of sessions gets them: opened with the private recording key when it is there,
// and otherwise with a reason why not.

import type { RecordedPayload } from '#core/evidence/record.ts';
import type { SessionIndex } from '#core/evidence/sessions.ts';
import type { RecordedRedaction } from './content.ts';
import type { BlobOpener } from './open-blob.ts';
import { readRecording } from './recording.ts';

/** A recording as its record names it. */
export interface WantedBlob {
  readonly lane: string;
  readonly digest: string;
}

/** Single recordings, wherever they lie. */
export interface StoredBlobs {
  /** Undefined when it was shredded or is not there. */
  read(digest: string): Promise<Uint8Array | undefined>;
}

/** Sessions and what was said in them, wherever the evidence lies. */
export interface RecordedSessions {
  /** Holds the records of the wanted sessions, and a summary of every other. */
  sessions(isWanted: (session: string) => boolean): Promise<SessionIndex>;
  recordings(
    wanted: readonly WantedBlob[],
    opener: BlobOpener | undefined,
  ): Promise<RecordingReader>;
}

/** Why a recording cannot be shown. */
export type Unshown = 'no_key' | 'key_other' | 'missing' | 'changed';

export type RecordedMessage =
  | {
      readonly kind: 'shown';
      readonly text: string;
      readonly redactions: readonly RecordedRedaction[];
      /** Redactions beyond those listed. */
      readonly unlisted: number;
      /** Lower-case hex; with the text it proves the commitment in the chain. */
      readonly salt: string;
    }
  | { readonly kind: 'unshown'; readonly why: Unshown };

export interface RecordingReader {
  readonly hasKey: boolean;
  read(payload: RecordedPayload): Promise<RecordedMessage>;
  /** What was wrong with what has been read, one line each; a command that has any has failed. */
  readonly complaints: readonly string[];
}

/** Without an opener nothing is opened. */
export function recordingReader(
  blobs: StoredBlobs,
  opener: BlobOpener | undefined,
): RecordingReader {
  return new Recordings(blobs, opener);
}

class Recordings implements RecordingReader {
  readonly #blobs: StoredBlobs;
  readonly #opener: BlobOpener | undefined;
  readonly #complaints = new Set<string>();

  constructor(blobs: StoredBlobs, opener: BlobOpener | undefined) {
    this.#blobs = blobs;
    this.#opener = opener;
  }

  get hasKey(): boolean {
    return this.#opener !== undefined;
  }

  get complaints(): readonly string[] {
    return [...this.#complaints];
  }

  async read(payload: RecordedPayload): Promise<RecordedMessage> {
    const blob = await this.#blobs.read(payload.blob);
    if (blob === undefined) {
      return { kind: 'unshown', why: 'missing' };
    }
    return this.#opener === undefined
      ? { kind: 'unshown', why: 'no_key' }
      : this.#open(blob, payload, this.#opener);
  }

  #open(blob: Uint8Array, payload: RecordedPayload, opener: BlobOpener): RecordedMessage {
    const read = readRecording(blob, payload, opener);
    if (read.ok) {
      const { bytes, redactions, unlisted, salt } = read.content;
      const text = Buffer.from(bytes).toString('utf8');
      return { kind: 'shown', text, redactions, unlisted, salt: Buffer.from(salt).toString('hex') };
    }
    if (read.code === 'key_other') {
      this.#complaints.add(
        `the messages are encrypted for recording key ${short(read.keyId)}, and the one given is ${short(opener.keyId)}`,
      );
      return { kind: 'unshown', why: 'key_other' };
    }
    this.#complaints.add(
      'a message was changed since it was recorded; see "gatehouse evidence verify"',
    );
    return { kind: 'unshown', why: 'changed' };
  }
}

function short(keyId: string): string {
  return `${keyId.slice(0, 16)}…`;
}
