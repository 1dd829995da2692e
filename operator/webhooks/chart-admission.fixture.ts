// What the chart renders for admission: webhooks and guards, as a real API server is given them in tests.

import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { clusterProgram } from '../kube/api-server.fixture.ts';

/** Undefined where `make cluster-up` has not brought it. */
export const HELM = clusterProgram('helm');
const CHART = new URL('../../charts/gatehouse', import.meta.url).pathname;
export const ADMISSION_PATHS: Readonly<Record<string, string>> = {
  MutatingWebhookConfiguration:
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  ValidatingWebhookConfiguration:
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
  ValidatingAdmissionPolicy: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding:
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
};

/** What the chart renders for admission, with the server of this test in place of the Service. */
export function admissionManifests(port: number, ca: string): Record<string, unknown>[] {
  const templates = ['webhooks', 'guards', 'own-objects'].flatMap((name) => [
    '-s',
    `templates/admission/${name}.yaml`,
  ]);
  const sets = ['image.registry=registry.example/gatehouse', 'image.tag=0.1.0'];
  const rendered = spawnSync(
    HELM ?? '',
    [
      'template',
      'gatehouse',
      CHART,
      '-n',
      'gatehouse-system',
      '--set',
      sets.join(','),
      ...templates,
    ],
    { encoding: 'utf8' },
  );
  if (rendered.status !== 0) throw new Error(rendered.stderr);
  const documents = parseAllDocuments(rendered.stdout).map((one) => one.toJS());
  for (const { webhooks = [] } of documents) {
    for (const webhook of webhooks) {
      const { path } = webhook.clientConfig.service;
      webhook.clientConfig = {
        url: `https://localhost:${port}${path}`,
        caBundle: Buffer.from(ca).toString('base64'),
      };
    }
  }
  return documents.filter(({ kind }) => ADMISSION_PATHS[kind] !== undefined);
}
