// Holds the dependencies to what makes an installation repeatable: every package by its hash, from
// whichever registry, and without a program of its own that runs at install time.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';

interface Locked {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
}

const lock: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
);
const manifest: {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
} = JSON.parse(readFileSync('package.json', 'utf8'));

const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('the lockfile', () => {
  it('pins every package by its hash', () => {
    const unpinned = packages.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''));

    expect(packages.length).to.be.above(100);
    expect(unpinned.map(([path]) => path)).to.deep.equal([]);
  });

  it('names no registry, so that every mirror serves it', () => {
    const bound = packages.filter(([, { resolved }]) => resolved !== undefined);

    expect(bound.map(([path]) => path)).to.deep.equal([]);
  });

  it('lets no package run a script when it is installed', () => {
    const scripted = packages
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));

    const denied = Object.entries(manifest.allowScripts).filter(([, allowed]) => !allowed);

    expect(denied.map(([name]) => name)).to.include.members(scripted);
    expect(Object.values(manifest.allowScripts)).to.not.include(true);
  });

  it('has exact versions of what we ask for', () => {
    const asked = {
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    };

    const ranges = Object.entries(asked).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-|$)/.test(version),
    );

    expect(ranges).to.deep.equal([]);
  });
});
