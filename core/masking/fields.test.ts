// A path meets the fields that a person would read it to mean, and errs on the side of hiding.

import { expect } from 'chai';
import { compilePath, compilePaths, requiredName } from './fields.ts';

describe('field paths', () => {
  const cases: readonly { path: string; meets: readonly string[]; misses: readonly string[] }[] = [
    {
      path: 'customer.salary',
      meets: ['customer.salary', 'Customer.SALARY', 'customer.0.salary', '3.customer.salary'],
      misses: ['salary', 'customer.x.salary', 'customer', 'customer.salary.x'],
    },
    {
      path: '**.salary',
      meets: ['salary', 'a.salary', 'a.b.0.salary', 'salary.salary'],
      misses: ['salaries', 'salary.x', 'a'],
    },
    {
      path: 'customer.*',
      meets: ['customer.name', 'customer.0', 'customer.0.name'],
      misses: ['customer', 'customer.name.first'],
    },
    {
      path: 'customer.**',
      meets: ['customer', 'customer.name', 'customer.name.first'],
      misses: ['name', 'x.customer'],
    },
    {
      path: 'accounts.*.iban',
      meets: ['accounts.0.iban', 'accounts.main.iban', 'accounts.0.main.iban'],
      misses: ['accounts.iban', 'accounts.a.b.iban'],
    },
    {
      path: '**.*_token',
      meets: ['access_token', 'a.refreshToken', 'x.ID-TOKEN'],
      misses: ['token_type', 'a'],
    },
    {
      path: 'social_security-number',
      meets: ['socialSecurityNumber', 'SOCIAL_SECURITY_NUMBER', 'ｓocialSecurityNumber'],
      misses: ['social'],
    },
  ];
  for (const { path, meets, misses } of cases) {
    const isMet = (place: string) => hits(path, place);

    it(`${path} meets ${meets.slice(0, 2).join(' and ')}`, () => {
      expect(meets.filter((place) => !isMet(place))).to.deep.equal([]);
    });

    it(`${path} misses ${misses.slice(0, 2).join(' and ')}`, () => {
      expect(misses.filter(isMet)).to.deep.equal([]);
    });
  }

  it('name the rules they belong to', () => {
    const paths = compilePaths([
      { rule: 0, path: compilePath('a.b') ?? [] },
      { rule: 1, path: compilePath('**') ?? [] },
      { rule: 2, path: compilePath('a') ?? [] },
      { rule: 2, path: compilePath('*') ?? [] },
    ]);

    const first = paths.step(paths.begin, 'a');
    const second = paths.step(first.state, 'b');

    expect(first.hits).to.deep.equal([1, 2]);
    expect(second.hits).to.deep.equal([0, 1]);
  });

  for (const bad of ['', 'a..b', '.a', 'a.', 'a.**b', '_', 'a.-']) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      expect(compilePath(bad)).to.equal(undefined);
    });
  }

  it('tell the longest name that must occur', () => {
    expect(requiredName(compilePath('**.customer.pay') ?? [])).to.equal('customer');
    expect(requiredName(compilePath('**.*x') ?? [])).to.equal(undefined);
  });
});

function hits(path: string, place: string): boolean {
  const paths = compilePaths([{ rule: 0, path: compilePath(path) ?? [] }]);
  let step = { state: paths.begin, hits: [] as readonly number[] };
  for (const part of place.split('.')) {
    step = paths.step(step.state, /^\d+$/.test(part) ? Number(part) : part);
  }
  return step.hits.length > 0;
}
