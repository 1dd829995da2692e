// The keys and certificates of a cluster that lives for an afternoon, and who knows whom by them: one
// authority for the API, its clients and the kubelet, one for the API's own aggregation.

import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { ADDRESSES, API_URL, FOLDERS, NAMES } from './addresses.ts';

const openssl = (...args: readonly string[]) =>
  promisify(execFile)('openssl', args, { cwd: FOLDERS.keys });

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;
const DAYS = '30';
const LAST_FILE = 'service-accounts.pub';

interface Certified {
  readonly name: string;
  readonly authority: 'ca' | 'front-proxy-ca';
  /** As openssl writes a subject. */
  readonly subject: string;
  readonly use: string;
  readonly alternativeNames?: string;
}

const API_NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc']
  .concat(`kubernetes.default.svc.${NAMES.clusterDomain}`, 'localhost')
  .map((name) => `DNS:${name}`)
  .concat(`IP:${ADDRESSES.apiService}`, 'IP:127.0.0.1', `IP:${ADDRESSES.node}`)
  .join(',');

/** Whose certificate lets them use the API, and gets a kubeconfig for that. */
const USERS: readonly Certified[] = [
  user('admin', '/O=system:masters/CN=admin'),
  user('kube-controller-manager', '/CN=system:kube-controller-manager'),
  user('kube-scheduler', '/CN=system:kube-scheduler'),
  user('kube-proxy', '/CN=system:kube-proxy'),
  {
    ...user('kubelet', `/O=system:nodes/CN=system:node:${NAMES.node}`),
    use: 'clientAuth,serverAuth',
    alternativeNames: `DNS:${NAMES.node},IP:${ADDRESSES.node}`,
  },
];

const OTHERS: readonly Certified[] = [
  {
    ...user('apiserver', '/CN=kube-apiserver'),
    use: 'serverAuth',
    alternativeNames: API_NAMES,
  },
  user('apiserver-kubelet-client', '/O=system:masters/CN=kube-apiserver-kubelet-client'),
  { ...user('front-proxy-client', '/CN=front-proxy-client'), authority: 'front-proxy-ca' },
];

/** Writes everything anew under `FOLDERS.keys`. */
export async function makeKeys(): Promise<void> {
  await mkdir(FOLDERS.keys, { recursive: true, mode: 0o700 });
  await Promise.all(['ca', 'front-proxy-ca'].map(makeAuthority));
  await Promise.all([...USERS, ...OTHERS].map(certify));
  await Promise.all(USERS.map(({ name }) => writeKubeconfig(name)));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeKey('service-accounts.key', privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeKey(LAST_FILE, publicKey.export({ type: 'spki', format: 'pem' }));
}

/** All of them: a run that was ended half-way has left some. */
export function areKeys(): boolean {
  return existsSync(join(FOLDERS.keys, LAST_FILE));
}

function user(name: string, subject: string): Certified {
  return { name, authority: 'ca', subject, use: 'clientAuth' };
}

async function makeAuthority(name: string): Promise<void> {
  const constraints = [
    'basicConstraints=critical,CA:TRUE',
    'keyUsage=critical,keyCertSign,cRLSign',
  ];
  await openssl(
    ...['req', '-x509', ...CURVE, '-keyout', `${name}.key`, '-out', `${name}.crt`, '-days', DAYS],
    ...['-subj', `/CN=${name}`],
    ...constraints.flatMap((constraint) => ['-addext', constraint]),
  );
}

async function certify({ name, authority, subject, use, ...rest }: Certified): Promise<void> {
  const extensions = [`extendedKeyUsage=${use}`, 'keyUsage=critical,digitalSignature'];
  if (rest.alternativeNames !== undefined) {
    extensions.push(`subjectAltName=${rest.alternativeNames}`);
  }
  await openssl(
    ...['req', '-x509', ...CURVE, '-keyout', `${name}.key`, '-out', `${name}.crt`, '-days', DAYS],
    ...['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-subj', subject],
    ...extensions.flatMap((extension) => ['-addext', extension]),
    ...['-addext', 'basicConstraints=CA:FALSE'],
  );
}

async function writeKubeconfig(name: string): Promise<void> {
  const base64 = (file: string) => readFile(join(FOLDERS.keys, file), 'base64');
  const cluster = { server: API_URL, 'certificate-authority-data': await base64('ca.crt') };
  const credentials = {
    'client-certificate-data': await base64(`${name}.crt`),
    'client-key-data': await base64(`${name}.key`),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'gatehouse', cluster }],
    users: [{ name, user: credentials }],
    contexts: [{ name: 'gatehouse', context: { cluster: 'gatehouse', user: name } }],
    'current-context': 'gatehouse',
  };
  await writeKey(`${name}.kubeconfig`, stringify(config));
}

async function writeKey(file: string, content: string | Buffer): Promise<void> {
  await writeFile(join(FOLDERS.keys, file), content, { mode: 0o600 });
}
