// Tells people what the evidence says: each durable record is looked at once, by the process that wrote
// it, and whoever policy names is sent what concerns them. Nothing waits for it and nothing depends on it.

import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { ALERT_EVENTS } from '#core/notifications/alert-events.ts';
import { AlertWatch } from '#core/notifications/alert-watch.ts';
import { type Notice, noticeOf } from '#core/notifications/notice.ts';
import {
  type CompiledNotifications,
  type CompiledReceiver,
  receiversFor,
} from '#core/policy/notifications.ts';
import type { NotificationEvent } from '#crds/policy.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import { GuardedPost, type GuardOptions, type Post, type PostResult } from './guarded-post.ts';
import { slackBody, webhookBody } from './messages.ts';
import { type Item, Retries } from './retries.ts';
import { parseSigningSecret, signedHeaders } from './standard-webhooks.ts';

export interface NotifierOptions extends GuardOptions {
  /** Of the policy in force. */
  readonly notifications: () => CompiledNotifications;
  /** What a file or variable that policy names holds; rejects when it cannot be had. */
  readonly secretFrom: (source: Source) => Promise<string>;
  readonly append: (draft: RecordDraft) => Promise<unknown>;
  /** Where people decide about an approval, or read it. */
  readonly urlOf: (approvalId: string) => string;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counted: NotifierCounts;
  readonly delaysMillis?: readonly number[];
}

type Source = Extract<CompiledReceiver, { readonly type: 'Slack' }>['url'];

export interface NotifierCounts {
  readonly alert: (event: NotificationEvent) => void;
  readonly notified: (type: CompiledReceiver['type'], result: 'delivered' | 'dead') => void;
}

interface Letter extends Item {
  readonly notice: Notice;
  readonly type: CompiledReceiver['type'];
}

const ALERTS: ReadonlySet<NotificationEvent> = new Set(ALERT_EVENTS);

export class Notifier {
  readonly #options: NotifierOptions;
  readonly #watch = new AlertWatch();
  readonly #post: GuardedPost;
  readonly #retries: Retries<Letter>;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#post = new GuardedPost(options);
    const { delaysMillis } = options;
    this.#retries = new Retries<Letter>({
      send: (letter) => this.#send(letter),
      delivered: ({ type }) => options.counted.notified(type, 'delivered'),
      dead: (letter, cause, tries) => this.#bury(letter, cause, tries),
      ...(delaysMillis === undefined ? {} : { delaysMillis }),
    });
  }

  /** Called with each record once it is durable; returns at once. */
  look(record: DurableRecord): void {
    const nowMillis = this.#options.clock.epochSeconds() * 1000;
    for (const notice of [noticeOf(record), this.#watch.look(record, nowMillis)]) {
      if (notice !== undefined) this.#tell(notice);
    }
  }

  /** Gives what waits one more try; what is left then is a dead letter, and recorded. */
  async close(deadline: AbortSignal): Promise<void> {
    await this.#retries.close(deadline);
    await this.#post.close();
  }

  #tell(notice: Notice): void {
    const { notifications, newId } = this.#options;
    const receivers = receiversFor(notifications(), notice.event, notice.approval?.rule);
    if (ALERTS.has(notice.event)) this.#alert(notice, receivers);
    for (const { id: receiver, type } of receivers) {
      this.#retries.offer({ id: newId(), receiver, type, notice });
    }
  }

  #alert({ event, ...notice }: Notice, receivers: readonly CompiledReceiver[]): void {
    const { append, clock, log, counted } = this.#options;
    const told = receivers.map(({ id }) => id);
    const { record, principal, approval, facts } = notice;
    counted.alert(event);
    log.warn('alert', { event, record, told });
    const detail = { ...facts, event, record, told };
    append({
      type: 'alert.raised',
      ts: clock.timestamp(),
      ...(principal === undefined ? {} : { principal }),
      detail: approval === undefined ? detail : { ...detail, approval: approval.id },
    }).catch(() => {});
  }

  #bury({ receiver, type, notice, id }: Letter, cause: string, tries: number): void {
    const { append, clock, log, counted } = this.#options;
    const { event, record } = notice;
    counted.notified(type, 'dead');
    log.error('notification not delivered', { receiver, event, record, cause, tries });
    const detail = { receiver, event, record, cause, tries, notification: id };
    append({ type: 'notification.failed', ts: clock.timestamp(), detail }).catch(() => {});
  }

  async #send({ id, receiver, notice }: Letter): Promise<PostResult> {
    const found = this.#options.notifications().receivers.find((each) => each.id === receiver);
    if (found === undefined) return { kind: 'failed', cause: 'receiver_removed', isFinal: true };
    const post = await this.#postFor(found, notice, id).catch(() => undefined);
    // Its secret may be on its way: a file that is being written, a Secret that is being mounted.
    if (post === undefined) return { kind: 'failed', cause: 'secret_unusable', isFinal: false };
    return this.#post.send(post);
  }

  async #postFor(
    receiver: CompiledReceiver,
    notice: Notice,
    id: string,
  ): Promise<Post | undefined> {
    const { secretFrom, urlOf, clock } = this.#options;
    const { approval } = notice;
    const link = approval === undefined ? undefined : urlOf(approval.id);
    if (receiver.type === 'Slack') {
      const url = (await secretFrom(receiver.url)).trim();
      return { url, headers: {}, body: slackBody(notice, link) };
    }
    const secret = parseSigningSecret(await secretFrom(receiver.secret));
    if (secret === undefined) return undefined;
    const body = webhookBody(notice, link);
    const timestampSeconds = Math.floor(clock.epochSeconds());
    return {
      url: receiver.url,
      headers: signedHeaders({ id, timestampSeconds }, body, secret),
      body,
    };
  }
}
