// A log in Redis as an archiver reads it and cuts it off. Nothing is cut but what a marker says, in one step with it.

import { type LogBase, parseMarker } from '#core/evidence/archive-marker.ts';
import type { HotLog, LogSlice } from '#core/evidence/archive-ports.ts';
import type { Checkpoint } from '#core/evidence/checkpoint.ts';
import { laneFileName, laneOfBlobFile, parseLaneFileName } from '#core/evidence/lane.ts';
import type { StoredFile, StoredRecordings } from '#core/evidence/source.ts';
import type { RedisClient } from './client.ts';
import { isLaneName, startIn } from './evidence-source.ts';
import { type LogKeys, logKeys, type Namespace } from './keys.ts';
import { loadScript, runScript } from './script.ts';
import { streamBlobs, streamLines } from './stream-lines.ts';

const TRIM = loadScript('trim');

export class RedisArchiveLog implements HotLog {
  readonly #client: RedisClient;
  readonly #keys: LogKeys;

  constructor(client: RedisClient, namespace: Namespace, log: string) {
    this.#client = client;
    this.#keys = logKeys(namespace, log);
  }

  async marker(): Promise<string | undefined> {
    return (await this.#client.get(this.#keys.archived)) ?? undefined;
  }

  async checkpoints(after: number, count: number): Promise<readonly string[]> {
    const { checkpoints } = this.#keys;
    const page = await this.#client.xrange(checkpoints, `${after + 1}`, '+', 'COUNT', count);
    return page.map(([, fields]) => fields[1] ?? '');
  }

  async slice(base: LogBase | undefined, end: Checkpoint): Promise<LogSlice> {
    const lanes: StoredFile[] = [];
    const recordings = new Map<string, StoredRecordings>();
    for (const name of (await this.#lanes()).filter((each) => ordinalOf(each) <= end.ordinal)) {
      const start = startIn(name, base);
      if (start === undefined) continue;
      const range = { start, end: ordinalOf(name) === end.ordinal ? `${end.seq}` : '+' };
      const lines = streamLines(this.#client, this.#keys.lane(name), range);
      lanes.push({ name: `${name}.jsonl`, lines });
      const blobs = streamBlobs(this.#client, this.#keys.recordings(name), range);
      recordings.set(laneOfBlobFile(`${name}.blobs`) ?? '', { name: `${name}.blobs`, blobs });
    }
    return { lanes, recordings };
  }

  async trim(before: string | undefined, marker: string): Promise<boolean> {
    const checkpoint = parseMarker(marker)?.checkpoint;
    if (checkpoint === undefined) return false;
    const { ordinal, lane, n, seq } = checkpoint;
    const { archived, checkpoints, lanes, lane: laneKey, recordings } = this.#keys;
    const name = laneFileName(ordinal, lane).replace(/\.jsonl$/, '');
    const whole = (await this.#lanes()).filter((each) => ordinalOf(each) < ordinal);
    const streams = [name, ...whole].flatMap((each) => [laneKey(each), recordings(each)]);
    const answer = await runScript(
      this.#client,
      TRIM,
      [archived, checkpoints, lanes, ...streams],
      [before ?? '', marker, n, seq, ...whole],
    );
    return answer === 'OK';
  }

  async #lanes(): Promise<readonly string[]> {
    return (await this.#client.zrange(this.#keys.lanes, 0, '-1')).filter(isLaneName);
  }
}

function ordinalOf(name: string): number {
  return parseLaneFileName(`${name}.jsonl`)?.ordinal ?? 0;
}
