// `gatehouse check`: is the install in a cluster sound, is a workload protected, what is missing and what
// to do. It reads, with the rights of whoever runs it, and changes nothing.

import { ClusterAccessFault } from '#operator/kube/access.ts';
import { KubeClient } from '#operator/kube/client.ts';
import { KubeFault } from '#operator/kube/kube-fault.ts';
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts';
import { type Finding, installFindings, workloadFindings } from './cluster-findings.ts';
import { readInstall, readWorkload } from './cluster-objects.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { onOff, text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { printable, printableJson } from './printable.ts';

const FLAGS = { kubeconfig: text, context: text, namespace: text, install: text, json: onOff };
const EXIT_WRONG = 1;
/** EX_UNAVAILABLE of sysexits.h: the cluster does not answer. */
const EXIT_UNAVAILABLE = 69;

export const check: Command = {
  name: 'check',
  summary: 'Say whether a cluster is set up, and whether a workload is protected',
  usage: `Usage: gatehouse check [WORKLOAD] [options]

Without WORKLOAD: is the install sound, and are all policies in force? With one, such as
deployment/payments: is it protected, and if not, what is missing? Reads with your own rights.

  --namespace NAME    of the workload (that of the kubeconfig's context)
  --install NAME      namespace that Gatehouse is installed in (gatehouse-system)
  --kubeconfig FILE   as kubectl takes it (KUBECONFIG, ~/.kube/config, or that of the pod)
  --context NAME      one of its contexts (the current one)
  --json              print a JSON array of findings

Exit code 0: all is well, or there are only warnings; 1: something is wrong.
`,
  async run(args, io) {
    const operand = { name: 'WORKLOAD', atLeast: 0, atMost: 1 };
    const { flags, operands } = parseFlags(FLAGS, args, io.env, operand);
    try {
      const access = await kubeconfigAccess({ file: flags.kubeconfig, context: flags.context });
      const client = new KubeClient(access);
      try {
        const [workload] = operands;
        const findings =
          workload === undefined
            ? installFindings(await readInstall(client, flags.install ?? 'gatehouse-system'))
            : workloadFindings(
                await readWorkload(client, flags.namespace ?? access.namespace, workload),
              );
        return print(findings, flags.json, io);
      } finally {
        await client.close();
      }
    } catch (error) {
      if (error instanceof ClusterAccessFault) throw new UsageError(error.message);
      if (!(error instanceof KubeFault)) throw error;
      io.stderr(`gatehouse: ${error.message}; is the cluster up, and may you read it?\n`);
      return EXIT_UNAVAILABLE;
    }
  },
};

const MARKS = { ok: 'ok      ', warning: 'warning ', wrong: 'WRONG   ' } as const;

function print(findings: readonly Finding[], isJson: boolean, io: CommandIo): number {
  if (isJson) {
    io.stdout(printableJson(findings, 2));
  } else {
    for (const { verdict, says, remedy } of findings) {
      io.stdout(`${MARKS[verdict]}${printable(says)}\n`);
      if (remedy !== undefined) io.stdout(`        → ${printable(remedy)}\n`);
    }
  }
  return findings.some(({ verdict }) => verdict === 'wrong') ? EXIT_WRONG : 0;
}
