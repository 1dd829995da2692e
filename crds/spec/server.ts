// The MCP server that is governed, and the address under which clients reach it.

import { Type } from 'typebox';
import { SERVER_PATH } from '../defaults.ts';
import { choice, integer, object, set, text } from '../schema.ts';
import { ENV_NAME, objectName, url } from './common.ts';

const ARGUMENT_NAME = {
  maxLength: 128,
  pattern: '^--?[A-Za-z0-9][-A-Za-z0-9_.]*$',
  form: 'the name of an argument with its hyphens, such as --port',
};

const CaptureSchema = object(
  {
    mode: choice(['Auto', 'PortTakeover', 'Redirect', 'NamedPort'], {
      doc: 'PortTakeover: the sidecar takes the port, the server is moved to loopback by the declared settings. Redirect: an nft init container sends the port to the sidecar. NamedPort: the sidecar takes the name of the port; refused when a Service selects the pod by number. Auto: the first of these that the pod permits.',
    }),
    portEnv: Type.Optional(
      text({ doc: 'Environment variable by which the server takes its port.', ...ENV_NAME }),
    ),
    portArg: Type.Optional(
      text({ doc: 'Argument by which the server takes its port.', ...ARGUMENT_NAME }),
    ),
    hostEnv: Type.Optional(
      text({
        doc: 'Environment variable by which the server takes its listen address.',
        ...ENV_NAME,
      }),
    ),
    hostArg: Type.Optional(
      text({ doc: 'Argument by which the server takes its listen address.', ...ARGUMENT_NAME }),
    ),
    allowedPorts: Type.Optional(
      set(integer({ doc: 'A port of the pod.', minimum: 1, maximum: 65535 }), {
        doc: 'With Redirect: other ports of the pod that stay reachable, such as metrics. All others are rejected.',
        maxItems: 32,
      }),
    ),
  },
  {
    doc: 'How inbound traffic of the pod is brought to the sidecar. Absent: mode Auto. Ignored outside a cluster.',
    checks: [
      {
        holds: '!(has(self.portEnv) && has(self.portArg))',
        message: 'must not be given together with portEnv',
        field: 'portArg',
      },
      {
        holds: '!(has(self.hostEnv) && has(self.hostArg))',
        message: 'must not be given together with hostEnv',
        field: 'hostArg',
      },
      {
        holds:
          "self.mode != 'PortTakeover' || ((has(self.portEnv) || has(self.portArg)) && (has(self.hostEnv) || has(self.hostArg)))",
        message:
          'PortTakeover needs portEnv or portArg, and hostEnv or hostArg: without both the server cannot be moved',
        field: 'mode',
      },
    ],
  },
);

export const ServerSchema = object(
  {
    port: Type.Optional(
      integer({
        doc: 'Port on which the server listens in its pod. `--upstream` takes its place outside a cluster.',
        minimum: 1,
        maximum: 65535,
      }),
    ),
    path: Type.Optional(
      text({
        doc: 'Path of the MCP endpoint, the same for clients and for the server. Any other path answers 404. `--upstream` takes its place outside a cluster.',
        maxLength: 256,
        pattern: '^/[^\\x00-\\x20\\x7f?#]*$',
        form: 'a path that begins with / and has no query',
        default: SERVER_PATH,
      }),
    ),
    transport: Type.Optional(
      choice(['StreamableHTTP', 'HTTPWithSSE'], {
        doc: 'StreamableHTTP: one endpoint, MCP 2025-03-26 and later. HTTPWithSSE: the two endpoints of MCP 2024-11-05.',
        default: 'StreamableHTTP',
      }),
    ),
    capture: Type.Optional(CaptureSchema),
    publicUrls: Type.Optional(
      set(url('URL of the MCP endpoint as clients write it.'), {
        doc: 'URLs under which clients reach this server. The one that matches the Host of a request is its OAuth resource identifier (RFC 9728), and each is an accepted token audience. `--public-url` adds to them. Default: the listen address and its localhost twin.',
        maxItems: 16,
      }),
    ),
    allowedHosts: Type.Optional(
      set(
        text({
          doc: 'A host, with a port unless it is the default one of the scheme.',
          maxLength: 261,
          pattern: '^([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$',
          form: 'a host name or address, with or without a port',
        }),
        {
          doc: 'Host headers that are accepted besides those of the public URLs. Any other is refused with 403 (DNS rebinding).',
          maxItems: 32,
        },
      ),
    ),
    allowedOrigins: Type.Optional(
      set(
        text({
          doc: 'A web origin: scheme, host and port, no path.',
          maxLength: 269,
          pattern: '^https?://[^\\x00-\\x20\\x7f/?#@]+$',
          format: 'uri',
          form: 'an origin, such as https://app.example.com',
        }),
        {
          doc: 'Origin headers that are accepted besides those of the public URLs. Any other is refused with 403.',
          maxItems: 32,
        },
      ),
    ),
    tls: Type.Optional(
      object(
        {
          secretName: objectName(
            'Secret of type kubernetes.io/tls in the namespace of the policy; read again when it changes.',
          ),
        },
        {
          doc: 'TLS on the MCP port. Without it the condition TransportPlain says so, and the evidence bundle lists it as an exception.',
        },
      ),
    ),
  },
  { doc: 'The governed MCP server and the addresses under which clients reach it.' },
);
