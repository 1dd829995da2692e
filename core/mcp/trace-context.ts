// The caller's W3C trace context, from `_meta.traceparent` or the header of that name. It says where a
// call belongs, never whether it is recorded: the caller's sampled flag is kept as a fact, not obeyed.

export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly trace: string;
  /** The caller's span: 16 lower-case hex digits, not all zero. */
  readonly span: string;
  readonly isSampled: boolean;
}

/** Version 00 is exactly this long; a later one may go on after another hyphen (W3C section 3.2.2). */
const TRACEPARENT =
  /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-|$)/;
const VERSION_00_CHARS = 55;
/** No version that we could read is longer; a longer text is not searched. */
const MAX_CHARS = 512;
const SAMPLED = 0x01;

/** Undefined when the text is no trace context: then the call belongs to no trace. */
export function parseTraceparent(text: string): TraceContext | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const [, version, trace, span, flags] = TRACEPARENT.exec(text) ?? [];
  if (trace === undefined || span === undefined || flags === undefined) return undefined;
  if (version === '00' && text.length !== VERSION_00_CHARS) return undefined;
  return { trace, span, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}
