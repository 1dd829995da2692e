// Field shapes that several parts of the policy share: names, URLs, durations, credentials.

import { Type } from 'typebox';
import { exactlyOne, object, text } from '../schema.ts';

/** RFC 1123 label: how policies name their own entries. */
export const LABEL_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
/** RFC 1123 subdomain: names of Kubernetes objects. */
export const SUBDOMAIN_PATTERN =
  '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
/** No credentials, no spaces, no fragment: a URL that can be compared as text. */
export const URL_PATTERN = '^https?://[^\\s/?#@]+(/[^\\s?#]*)?([?][^\\s#]*)?$';

export function entryName(doc: string) {
  return text({ doc, maxLength: 63, pattern: LABEL_PATTERN });
}

export function objectName(doc: string) {
  return text({ doc, maxLength: 253, pattern: SUBDOMAIN_PATTERN });
}

export function url(doc: string) {
  return text({ doc, maxLength: 2048, pattern: URL_PATTERN });
}

/** A length of time with one unit; the bounds are the caller's, as a check. */
export function duration(doc: string, fallback: string) {
  return text({ doc, maxLength: 8, pattern: '^[1-9][0-9]{0,5}[smh]$', default: fallback });
}

/** A glob for names and URIs. */
export function glob(maxLength: number) {
  return text({
    doc: '`*` stands for any run of characters, `?` for one; everything else for itself.',
    maxLength,
  });
}

export function secretKey(doc: string) {
  return object(
    {
      name: objectName('Name of the Secret, in the namespace of the policy.'),
      key: text({ doc: 'Key inside it.', maxLength: 253, pattern: '^[-._a-zA-Z0-9]+$' }),
    },
    { doc },
  );
}

/** Where a credential comes from; the policy itself never holds one. */
export function valueFrom(doc: string) {
  return object(
    {
      secretRef: Type.Optional(
        secretKey('A key of a Secret, mounted into the sidecar. Only in a cluster.'),
      ),
      file: Type.Optional(
        text({
          doc: 'Path of a file that holds the value alone; read again when it changes. A trailing newline is dropped.',
          maxLength: 1024,
          pattern: '^[^\\x00\\n]+$',
        }),
      ),
      env: Type.Optional(
        text({
          doc: "Name of an environment variable. Gatehouse's own settings (`GATEHOUSE_*`) are refused.",
          maxLength: 128,
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
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
