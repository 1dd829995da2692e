// Approvals in memory, gone with the process: for tests and benches.

import { ApprovalBook, BOOK_LIMITS, type BookLimits, type Step } from '#core/approvals/book.ts';
import { BookStore } from '#core/approvals/book-store.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import type { SignatureKey } from '#core/evidence/signature.ts';

export interface MemoryApprovalStoreOptions {
  /** Keys whose votes and grants count. */
  readonly trusted: readonly SignatureKey[];
  /** Whole milliseconds since 1970. */
  readonly nowMillis: () => number;
  readonly limits?: Partial<BookLimits>;
}

export function openMemoryApprovalStore(options: MemoryApprovalStoreOptions): ApprovalStore {
  const { trusted, nowMillis, limits } = options;
  const book = new ApprovalBook({ ...BOOK_LIMITS, ...limits }, trusted);
  return new BookStore(
    {
      kept: book,
      commit: async (decide) => keep(book, decide(book)),
      close: async () => {},
    },
    nowMillis,
  );
}

function keep<Answer>(book: ApprovalBook, { answer, entry }: Step<Answer>): Answer {
  if (entry !== undefined) book.apply(entry);
  return answer;
}
