// Makes images without a container engine: an OCI layout in a tar file, several images in one, whose
// layers are folders. Equal folders give equal bytes, and images share the layers they have in common.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface Image {
  /** Whole: domain, path and tag. */
  readonly name: string;
  /** Folders, ground first; each as the root of the file system. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
}

/** As the image specification has it. */
export interface ImageConfig {
  readonly Entrypoint: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const MEDIA = 'application/vnd.oci.image';
const PLATFORM = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
const EPOCH = '1970-01-01T00:00:00Z';

export async function writeArchive(file: string, images: readonly Image[]): Promise<void> {
  const layout = await mkdtemp(`${file}.`);
  try {
    await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
    const layers = new Map<string, Descriptor>();
    const manifests: unknown[] = [];
    for (const image of images) {
      for (const folder of image.layers) {
        if (!layers.has(folder)) layers.set(folder, await writeLayer(layout, folder));
      }
      const descriptor = await writeImage(layout, image, layers);
      const annotations = { 'io.containerd.image.name': image.name };
      manifests.push({ ...descriptor, platform: PLATFORM, annotations });
    }
    await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const index = { schemaVersion: 2, mediaType: `${MEDIA}.index.v1+json`, manifests };
    await writeFile(join(layout, 'index.json'), JSON.stringify(index));
    tar(layout, file, 'oci-layout', 'index.json', 'blobs');
  } finally {
    await rm(layout, { recursive: true, force: true });
  }
}

async function writeImage(
  layout: string,
  { layers: folders, config }: Image,
  written: ReadonlyMap<string, Descriptor>,
): Promise<Descriptor> {
  const layers = folders.flatMap((folder) => written.get(folder) ?? []);
  const described = await writeJson(layout, `${MEDIA}.config.v1+json`, {
    ...PLATFORM,
    created: EPOCH,
    config,
    // Not compressed: what is in the layer and what is stored of it are the same bytes.
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: folders.map((folder) => ({ created: EPOCH, created_by: dirname(folder) })),
  });
  const mediaType = `${MEDIA}.manifest.v1+json`;
  const manifest = { schemaVersion: 2, mediaType, config: described, layers };
  return writeJson(layout, mediaType, manifest);
}

async function writeLayer(layout: string, folder: string): Promise<Descriptor> {
  const aside = join(layout, 'layer');
  tar(folder, aside, '.');
  const hash = createHash('sha256');
  await pipeline(createReadStream(aside), hash);
  const digest = hash.digest('hex');
  const { size } = await stat(aside);
  await rename(aside, blob(layout, digest));
  return { mediaType: `${MEDIA}.layer.v1.tar`, digest: `sha256:${digest}`, size };
}

async function writeJson(layout: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = createHash('sha256').update(bytes).digest('hex');
  await writeFile(blob(layout, digest), bytes);
  return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
}

function blob(layout: string, digest: string): string {
  return join(layout, 'blobs/sha256', digest);
}

function tar(folder: string, file: string, ...names: readonly string[]): void {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  execFileSync('tar', ['-C', folder, ...same, '-cf', file, ...names]);
}
