// The pages about sessions. Whoever opens messages is on record: reading what was said is an act too.

import type { RecordedPayload } from '#core/evidence/record.ts';
import { replaySteps } from '#core/evidence/replay.ts';
import type { TimelineEntry } from '#core/evidence/sessions.ts';
import type { RecordingReader } from '#core/recordings/recorded-messages.ts';
import type { Answer } from './answer.ts';
import type { Asked } from './asked.ts';
import type { Console } from './console.ts';
import { type Html, html } from './html.ts';
import { type ConsoleNamespace, heardIn, nameShown } from './namespace.ts';
import { messageBlock } from './pages/recorded-message.ts';
import { replayPage } from './pages/replay.ts';
import { PAGE_ENTRIES, sessionPage } from './pages/session.ts';
import { type ListedSession, sessionsPage } from './pages/sessions.ts';
import { NOT_FOUND, problemPage } from './problems.ts';
import { fits, readFilter } from './session-filter.ts';
import type { OneSession } from './session-shelf.ts';
import type { Visit } from './visits.ts';

const MAX_LISTED = 200;
/** Larger messages, and what is beyond this much on one page, are left to the replay. */
const MAX_SHOWN_BYTES = 128 * 1024;
const MAX_PAGE_BYTES = 2 * 1024 * 1024;

export async function listSessions(
  { query }: Asked,
  visit: Visit,
  console: Console,
): Promise<Answer> {
  const filter = readFilter(query);
  const heard = heardIn(visit, console);
  const all: ListedSession[] = [];
  for (const { namespace } of heard) {
    const name = nameShown(namespace, console);
    const listed = await namespace.sessions.list(visit.principal);
    all.push(...listed.map((session) => ({ ...session, namespace: name })));
  }
  const fitting = all
    .filter((session) => fits(session, filter))
    .toSorted((a, b) => (a.lastAt < b.lastAt ? 1 : a.lastAt > b.lastAt ? -1 : 0));
  const page = sessionsPage(
    {
      sessions: fitting.slice(0, MAX_LISTED),
      isCut: fitting.length > MAX_LISTED,
      filter,
      isAuditor: heard.some(({ namespace }) => namespace.sessions.isAuditor(visit.principal)),
      visit,
    },
    console.assets,
  );
  return { kind: 'page', status: 200, page };
}

interface FoundSession {
  readonly session: OneSession;
  readonly namespace: ConsoleNamespace;
}

/** Ids are chance, but whoever writes evidence of a namespace can take one of another: then it is nobody's. */
async function find(
  id: string,
  { query }: Asked,
  visit: Visit,
  console: Console,
): Promise<FoundSession | undefined> {
  const found: FoundSession[] = [];
  for (const { namespace } of heardIn(visit, console, query.get('namespace'))) {
    const session = await namespace.sessions.find(visit.principal, id);
    if (session !== undefined) found.push({ session, namespace });
  }
  return found.length === 1 ? found[0] : undefined;
}

export async function showSession(
  id: string,
  asked: Asked,
  visit: Visit,
  console: Console,
): Promise<Answer> {
  const found = await find(id, asked, visit, console);
  if (found === undefined) return problemPage(NOT_FOUND, visit, console);
  const { session, namespace } = found;
  const offset = Math.min(wholeNumber(asked.query.get('offset')), session.timeline.length);
  const shown = session.timeline.slice(offset, offset + PAGE_ENTRIES);
  const messages = new Messages(await openMessages(shown, namespace));
  if (namespace.sessions.hasKey && shown.some((entry) => payloadsOf(entry).length > 0)) {
    await recordViewing(found, visit, console);
  }
  const entries = [];
  for (const entry of shown) entries.push({ entry, messages: await messages.of(entry) });
  const { summary } = session;
  const name = nameShown(namespace, console);
  const total = session.timeline.length;
  const page = sessionPage(
    { summary, namespace: name, entries, offset, total, visit },
    console.assets,
  );
  return { kind: 'page', status: 200, page };
}

export async function replay(
  id: string,
  asked: Asked,
  visit: Visit,
  console: Console,
): Promise<Answer> {
  const found = await find(id, asked, visit, console);
  if (found === undefined) return problemPage(NOT_FOUND, visit, console);
  const { session, namespace } = found;
  const steps = replaySteps(session.records);
  const index = Math.max(0, wholeNumber(asked.query.get('step') ?? '1') - 1);
  const step = steps[index];
  if (step === undefined) return problemPage(NOT_FOUND, visit, console);
  const { payload, lane } = step;
  let message: Html | undefined;
  if (payload !== undefined) {
    if (namespace.sessions.hasKey) await recordViewing(found, visit, console);
    const opened = await namespace.sessions.messages([{ lane, payload }]);
    message = messageBlock(payload, await opened.read(payload));
  }
  const before = steps.slice(0, index + 1);
  const page = replayPage(
    {
      sessionId: id,
      namespace: nameShown(namespace, console),
      step,
      index,
      total: steps.length,
      sinceStartMillis: before.reduce((sum, { gapMillis }) => sum + gapMillis, 0),
      gapMillis: steps[index + 1]?.gapMillis ?? 0,
      message,
      visit,
    },
    console.assets,
  );
  return { kind: 'page', status: 200, page };
}

/** Before anything is shown; without it nothing is. Once for each session in a visit. */
async function recordViewing(
  { session: { summary }, namespace }: FoundSession,
  visit: Visit,
  { clock }: Console,
): Promise<void> {
  if (visit.viewed.includes(summary.id)) return;
  const { issuer, subject } = visit.principal;
  await namespace.append({
    type: 'recording.viewed',
    ts: clock.timestamp(),
    principal: { issuer, subject: subject.slice(0, 256).toWellFormed() },
    detail: { viewed: summary.id },
  });
  visit.viewed = [...visit.viewed, summary.id];
}

function openMessages(
  entries: readonly TimelineEntry[],
  { sessions }: ConsoleNamespace,
): Promise<RecordingReader> {
  const wanted = entries.flatMap((entry) =>
    payloadsOf(entry).map(({ payload }) => ({ lane: entry.lane, payload })),
  );
  return sessions.messages(wanted);
}

/** Opens the messages of one page, as many as fit. */
class Messages {
  readonly #reader: RecordingReader;
  #bytesLeft = MAX_PAGE_BYTES;

  constructor(reader: RecordingReader) {
    this.#reader = reader;
  }

  async of(entry: TimelineEntry): Promise<readonly Html[]> {
    const shown: Html[] = [];
    for (const { payload, label } of payloadsOf(entry)) {
      shown.push(html`<h3>${label}</h3>${await this.#block(payload)}`);
    }
    return shown;
  }

  async #block(payload: RecordedPayload): Promise<Html> {
    const { sizeBytes } = payload;
    if (sizeBytes > Math.min(MAX_SHOWN_BYTES, this.#bytesLeft)) {
      return html`<p class="hint">${sizeBytes} bytes; see the replay.</p>`;
    }
    this.#bytesLeft -= sizeBytes;
    return messageBlock(payload, await this.#reader.read(payload));
  }
}

interface Labelled {
  readonly payload: RecordedPayload;
  readonly label: string;
}

/** An exchange begins and ends in one process, and so in one lane. */
function payloadsOf({ payload, answerPayload, direction }: TimelineEntry): readonly Labelled[] {
  const isAsked = direction !== 'toClient';
  return [
    ...(payload === undefined ? [] : [{ payload, label: isAsked ? 'Asked' : 'The server asked' }]),
    ...(answerPayload === undefined
      ? []
      : [{ payload: answerPayload, label: isAsked ? 'Answered' : 'The client answered' }]),
  ];
}

function wholeNumber(text: string | null): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
