// `gatehouse evidence trust`: prints the public keys that evidence of a cluster is verified with, as
// `evidence verify --trust` takes them.

import { findTrust } from '#operator/keys/published-trust.ts';
import { ClusterAccessFault } from '#operator/kube/access.ts';
import { KubeClient } from '#operator/kube/client.ts';
import { KubeFault } from '#operator/kube/kube-fault.ts';
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts';
import { type Command, UsageError } from './command.ts';
import { text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';

const FLAGS = { kubeconfig: text, context: text, install: text };
const EXIT_MISSING = 1;
/** EX_UNAVAILABLE of sysexits.h: the cluster does not answer. */
const EXIT_UNAVAILABLE = 69;
const PUBLIC_PEM = /-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+-----END PUBLIC KEY-----\n/g;

export const evidenceTrust: Command = {
  name: 'evidence trust',
  summary: 'Print the public keys that verify the evidence of a cluster',
  usage: `Usage: gatehouse evidence trust [options] > gatehouse-trust.pub

Prints the public keys of the operator and the console that certify evidence, for
"gatehouse evidence verify --trust". Take them once, early, and keep them where nobody who runs the
cluster can change them: whoever does could otherwise hand you other keys with other evidence.

  --install NAME      namespace that Gatehouse is installed in (gatehouse-system)
  --kubeconfig FILE   as kubectl takes it (KUBECONFIG, ~/.kube/config, or that of the pod)
  --context NAME      one of its contexts (the current one)

Exit code 0: printed; 1: nothing is published there; 69: the cluster could not be read.
`,
  async run(args, io) {
    const { flags } = parseFlags(FLAGS, args, io.env);
    const namespace = flags.install ?? 'gatehouse-system';
    try {
      const access = await kubeconfigAccess({ file: flags.kubeconfig, context: flags.context });
      const client = new KubeClient(access);
      const found = await findTrust(client, namespace).finally(() => client.close());
      // Only what is a key goes out: it is somebody else's terminal, and a file that is trusted.
      const keys = found?.match(PUBLIC_PEM) ?? [];
      io.stdout(keys.join(''));
      if (keys.length > 0) return 0;
      io.stderr(
        `gatehouse: no keys are published in namespace ${namespace}: is the operator running there? See --install\n`,
      );
      return EXIT_MISSING;
    } catch (error) {
      if (error instanceof ClusterAccessFault) throw new UsageError(error.message);
      if (!(error instanceof KubeFault)) throw error;
      io.stderr(`gatehouse: ${error.message}; is the cluster up, and may you read it?\n`);
      return EXIT_UNAVAILABLE;
    }
  },
};
