// The sockets that take TCP connections in this network namespace, read from /proc/net: any user may, and in
// a pod all containers share one.

import { readFile } from 'node:fs/promises';

export interface ListeningSocket {
  /** As addresses are written: 127.0.0.1, 0.0.0.0, ::, fe80::1. */
  readonly address: string;
  readonly port: number;
}

/** In /proc/net/tcp: TCP_LISTEN. */
const LISTEN = '0A';
const LINE =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /;

/** Rejects where the system has no such files. */
export async function listeningSockets(folder = '/proc/net'): Promise<readonly ListeningSocket[]> {
  const texts = await Promise.all([
    readFile(`${folder}/tcp`, 'utf8'),
    // Absent where IPv6 is off.
    readFile(`${folder}/tcp6`, 'utf8').catch(() => ''),
  ]);
  return texts.flatMap((text) => text.split('\n').flatMap(socketIn));
}

export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

/** With the brackets that IPv6 has before a port. */
export function placeOf({ address, port }: ListeningSocket): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function socketIn(line: string): readonly ListeningSocket[] {
  const [, address, port, state] = LINE.exec(line) ?? [];
  if (address === undefined || port === undefined || state !== LISTEN) return [];
  const bytes = bytesOf(address);
  const text = bytes.length === 4 ? bytes.join('.') : ipv6(bytes);
  return [{ address: text, port: Number.parseInt(port, 16) }];
}

/** The kernel prints words of four bytes in the machine's order, which is little-endian wherever we run. */
function bytesOf(hex: string): readonly number[] {
  return [...Buffer.from(hex, 'hex').swap32()];
}

function ipv6(bytes: readonly number[]): string {
  const isMapped = bytes.slice(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
  if (isMapped) return `::ffff:${bytes.slice(12).join('.')}`;
  const words = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${words.join(':')}]/`).hostname.slice(1, -1);
}
