import { expect } from 'chai';
import { consoleUrlProblem } from './console-url.ts';

describe('the address of a console', () => {
  const cases: [url: string, problem: string | undefined][] = [
    ['https://desk.example', undefined],
    ['https://desk.example:8443/', undefined],
    ['http://localhost:8443', undefined],
    ['http://127.0.0.1:8443', undefined],
    ['http://desk.example', 'must be https'],
    ['http://localhost.desk.example', 'must be https'],
    ['ftp://localhost', 'must be https'],
    ['https://desk.example/decide', 'must have no path'],
    ['https://desk.example/?a=b', 'must have no path'],
  ];
  for (const [url, problem] of cases) {
    it(`${url} ${problem ?? 'is one'}`, () => {
      expect(consoleUrlProblem(new URL(url))).to[problem === undefined ? 'equal' : 'include'](
        problem,
      );
    });
  }
});
