// The demo's voice: what is about to happen, and whether it did. A promise not kept ends the demo.

const out = (line: string): void => void process.stdout.write(`${line}\n`);

export function chapter(title: string): void {
  out(`\n${title}`);
}

export function say(line: string): void {
  out(`  ${line}`);
}

/** Prints the promise when it holds; throws when it does not. */
export function kept(promise: string, holds: boolean, seen?: string): void {
  if (!holds)
    throw new Error(`not as promised: ${promise}${seen === undefined ? '' : `\n${seen}`}`);
  out(`  ✔ ${promise}`);
}

export function quote(text: string): void {
  for (const line of text.trimEnd().split('\n')) out(`  │ ${line}`);
}
