// A mocha reporter that says little while all is well: a dot per test, and the name of each that fails
// at once, since a run may be ended before its end; then what was slow and what failed and why. The
// totals are printed by e2e/run-tests.ts, which adds up several runs.

import Mocha from 'mocha';

const DOTS_PER_LINE = 100;
const SLOW_MS = 2000;

/** Mocha takes only heirs of its Base, which collects the failures and prints nothing by itself. */
export class PlainReporter extends Mocha.reporters.Base {
  readonly #slow: Mocha.Test[] = [];
  #dots = 0;

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } =
      Mocha.Runner.constants;
    runner.on(EVENT_TEST_PASS, (test) => {
      this.#dot('.');
      if ((test.duration ?? 0) > SLOW_MS) {
        this.#slow.push(test);
      }
    });
    runner.on(EVENT_TEST_PENDING, () => this.#dot(','));
    runner.on(EVENT_TEST_FAIL, (test) => {
      this.#dots = 0;
      process.stdout.write(`!\n  failed: ${test.fullTitle()}\n`);
    });
    runner.once(EVENT_RUN_END, () => this.#end());
  }

  #dot(mark: string): void {
    this.#dots += 1;
    process.stdout.write(this.#dots % DOTS_PER_LINE === 0 ? `${mark}\n` : mark);
  }

  #end(): void {
    process.stdout.write('\n');
    for (const test of this.#slow) {
      const seconds = ((test.duration ?? 0) / 1000).toFixed(1);
      process.stdout.write(`  slow, ${seconds} s: ${test.fullTitle()}\n`);
    }
    if (this.failures.length > 0) {
      Mocha.reporters.Base.list(this.failures);
    }
  }
}
