// nginx in two parts: the server at the far end, which costs next to nothing, and the plain hop that
// Gatehouse is compared with (unbuffered, as SSE demands).

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '#e2e/servers/child.ts';
import { freePort } from '#platform/process/free-port.fixture.ts';

export interface Nginx {
  readonly port: number;
  readonly child: Child;
}

export interface NginxSite {
  readonly name: string;
  readonly core: number;
  /** What stands inside `http { server { … } }`, and upstream blocks before it. */
  readonly server: string;
  readonly upstream?: string;
}

export async function startNginx(directory: string, site: NginxSite): Promise<Nginx> {
  const port = await freePort();
  const prefix = join(directory, site.name);
  await mkdir(prefix, { recursive: true });
  await writeFile(join(prefix, 'nginx.conf'), configuration(site, port));
  const args = ['-p', `${prefix}/`, '-c', 'nginx.conf', '-e', 'error.log', '-g', 'daemon off;'];
  const child = new Child({
    command: 'taskset',
    args: ['-c', String(site.core), 'nginx', ...args],
  });
  await child.untilLive(`http://127.0.0.1:${port}/live`);
  return { port, child };
}

/** Answers each tools/call from memory; any other method goes to a real server for its ids. */
export function answeringServer(
  reply: string,
  otherwise: string,
): Omit<NginxSite, 'name' | 'core'> {
  return {
    server: `
      location = /live { return 204; }
      location @other { proxy_pass ${otherwise}; proxy_http_version 1.1; }
      location / {
        default_type application/json;
        error_page 418 = @other;
        if ($http_mcp_method != "tools/call") { return 418; }
        return 200 '${reply}';
      }`,
  };
}

export function plainHop(upstreamPort: number): Omit<NginxSite, 'name' | 'core'> {
  return {
    upstream: `upstream mcp { server 127.0.0.1:${upstreamPort}; keepalive 128; }`,
    server: `
      location = /live { return 204; }
      location / {
        proxy_pass http://mcp;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_buffering off;
      }`,
  };
}

function configuration({ upstream, server }: NginxSite, port: number): string {
  return `
    pid nginx.pid;
    error_log error.log crit;
    worker_processes 1;
    events { worker_connections 1024; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi; scgi_temp_path scgi;
      ${upstream ?? ''}
      server {
        listen 127.0.0.1:${port};
        ${server}
      }
    }`;
}
