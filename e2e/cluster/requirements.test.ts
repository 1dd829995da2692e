import { expect } from 'chai';
import { type Machine, missingForNode, missingForPrograms } from './requirements.ts';

const MACHINE: Machine = { platform: 'linux', isRoot: true, hasGo: true, hasPrograms: false };

describe('what a node needs of a machine', () => {
  it('is there on one with root and Go', () => {
    expect(missingForNode(MACHINE)).to.deep.equal([]);
  });

  it('is no Go where everything was built before', () => {
    expect(missingForNode({ ...MACHINE, hasGo: false, hasPrograms: true })).to.deep.equal([]);
  });

  it('is said in full when root and Go are missing', () => {
    const [root, go] = missingForNode({ ...MACHINE, isRoot: false, hasGo: false });

    expect(root).to.match(/run this as root.*E2E_KUBECONFIG=FILE make e2e/);
    expect(go).to.match(/Go is not on PATH.*Install Go 1\.26 or newer/);
  });

  it('is another machine where this one is not Linux', () => {
    const said = missingForNode({ ...MACHINE, platform: 'darwin' });

    expect(said).to.have.length(1);
    expect(said[0]).to.include('E2E_KUBECONFIG=FILE make e2e');
  });

  it('is Go, and not root, for the programs alone', () => {
    expect(missingForPrograms({ ...MACHINE, isRoot: false })).to.deep.equal([]);
    expect(missingForPrograms({ ...MACHINE, hasGo: false })).to.have.length(1);
  });
});
