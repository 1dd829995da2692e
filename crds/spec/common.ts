// Field shapes that several parts of the policy share: names, URLs, durations, credentials.

import { Type } from 'typebox';
import { exactlyOne, object, text } from '../schema.ts';

/** RFC 1123 label: how policies name their own entries. */
export const LABEL = {
  maxLength: 63,
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
  form: 'lower-case letters, digits and inner hyphens',
};
/** RFC 1123 subdomain: names of Kubernetes objects. */
const SUBDOMAIN = {
  maxLength: 253,
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
  form: 'lower-case letters, digits, inner hyphens and dots',
};
/** No credentials, no spaces, no fragment: a URL that can be compared as text. */
const URL_TEXT = {
  maxLength: 2048,
  pattern:
    '^https?://[^\\x00-\\x20\\x7f/?#@]+(/[^\\x00-\\x20\\x7f?#]*)?([?][^\\x00-\\x20\\x7f#]*)?$',
  format: 'uri',
  form: 'an http or https URL without credentials, spaces or fragment',
};
/** What must survive in a space-separated list, a header or a log line. */
export const WORD = { pattern: '^[^\\x00-\\x20\\x7f]+$', form: 'text without spaces' };
/** As Kubernetes has it: a key becomes the name of a file, so it cannot lead out of its folder. */
export const OBJECT_KEY = {
  maxLength: 253,
  pattern: '^[.]?[-_a-zA-Z0-9][-._a-zA-Z0-9]*$',
  form: 'letters, digits, dots, hyphens and underscores, and does not begin with two dots',
};
export const ENV_NAME = {
  maxLength: 128,
  pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
  form: 'the name of an environment variable',
};

export const DIGEST = {
  maxLength: 71,
  pattern: '^sha256:[0-9a-f]{64}$',
  form: 'sha256: and 64 lower-case hexadecimal digits',
};

export function entryName(doc: string) {
  return text({ doc, ...LABEL });
}

export function objectName(doc: string) {
  return text({ doc, ...SUBDOMAIN });
}

export function url(doc: string) {
  return text({ doc, ...URL_TEXT });
}

/** A length of time with one unit; the bounds are the caller's, as a check. */
export function duration(doc: string, fallback: string) {
  return text({
    doc,
    maxLength: 8,
    pattern: '^[1-9][0-9]{0,5}[smh]$',
    form: 'a whole number with one unit, such as 90s, 15m or 2h',
    default: fallback,
  });
}

/** A glob for names of tools, prompts and methods. */
export function nameGlob(maxLength: number) {
  return text({
    doc: '`*` stands for any run of characters, everything else for itself.',
    maxLength,
  });
}

/** A glob for URIs of resources. */
export function uriGlob(maxLength: number) {
  return text({
    doc: '`*` stands for any run of characters but `/`, `?` and `#`; `**` for any run at all; everything else for itself.',
    maxLength,
  });
}

export function secretKey(doc: string) {
  return object(
    {
      name: objectName('Name of the Secret, in the namespace of the pod.'),
      key: text({ doc: 'Key inside it.', ...OBJECT_KEY }),
    },
    { doc },
  );
}

/** Where a credential comes from; the policy itself never holds one. */
export function valueFrom(doc: string) {
  return object(
    {
      secretRef: Type.Optional(
        secretKey(
          'A key of a Secret of the namespace of the pod, mounted into the sidecar when the pod is made and read again when it changes. Only in a cluster.',
        ),
      ),
      file: Type.Optional(
        text({
          doc: 'Path of a file that holds the value alone; read again when it changes. A trailing newline is dropped. Only outside a cluster: a sidecar has no files but its own.',
          maxLength: 1024,
          pattern: '^[^\\x00\\n]+$',
          form: 'a file path on one line',
        }),
      ),
      env: Type.Optional(
        text({
          doc: "Name of an environment variable. Gatehouse's own settings (`GATEHOUSE_*`) are refused. Only outside a cluster.",
          ...ENV_NAME,
          checks: [
            {
              holds: "!self.startsWith('GATEHOUSE_')",
              message: "must not name one of Gatehouse's own settings (GATEHOUSE_*)",
            },
          ],
        }),
      ),
    },
    { doc, checks: [exactlyOne('secretRef', 'file', 'env')] },
  );
}
