/** One place that apt fetches packages from, as far as another suite of it can be asked for. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Path of a keyring, fingerprints, or a whole key with the line breaks of the field. */
  readonly signedBy?: string;
  /** `yes` where the machine's owner trusts the place without a signature. */
  readonly trusted?: string;
}

/**
 * Reads apt sources in the one-line format (`*.list`). Lines for source packages are left out.
 *
 * @see https://manpages.debian.org/stable/apt/sources.list.5.en.html
 */
export function parseSourcesList(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?([^#]+)/.exec(line);
    if (match === null) continue;
    const [uri, suite, ...components] = (match[2] ?? '').trim().split(/\s+/);
    if (uri === undefined || suite === undefined) continue;
    const options = new Map<string, string>();
    for (const option of (match[1] ?? '').trim().split(/\s+/)) {
      const equals = option.indexOf('=');
      if (equals > 0) options.set(option.slice(0, equals).toLowerCase(), option.slice(equals + 1));
    }
    const signedBy = options.get('signed-by');
    const trusted = options.get('trusted');
    sources.push({
      uris: [uri],
      suites: [suite],
      components,
      ...(signedBy === undefined ? {} : { signedBy }),
      ...(trusted === undefined ? {} : { trusted }),
    });
  }
  return sources;
}

/**
 * Reads apt sources in the deb822 format (`*.sources`). Stanzas that are switched off or that are
 * for source packages only are left out.
 *
 * @see https://manpages.debian.org/stable/apt/sources.list.5.en.html
 */
export function parseDeb822Sources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.replaceAll('\r', '').split(/\n[ \t]*\n/)) {
    const fields = parseFields(stanza);
    const words = (name: string): string[] =>
      (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('types').includes('deb')) continue;
    if (/^(no|false|off|0)$/i.test(fields.get('enabled') ?? 'yes')) continue;
    const signedBy = fields.get('signed-by');
    const trusted = fields.get('trusted');
    sources.push({
      uris: words('uris'),
      suites: words('suites'),
      components: words('components'),
      ...(signedBy === undefined ? {} : { signedBy }),
      ...(trusted === undefined ? {} : { trusted }),
    });
  }
  return sources;
}

function parseFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let current: string | undefined;
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    if (/^[ \t]/.test(line)) {
      if (current !== undefined) fields.set(current, `${fields.get(current) ?? ''}\n${line}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    current = line.slice(0, colon).trim().toLowerCase();
    fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}

/** A stanza that asks one suite of a known place for its package list and nothing else. */
export function formatDeb822Source(
  source: AptSource,
  suite: string,
  components: readonly string[],
): string {
  const lines = [
    'Types: deb',
    `URIs: ${source.uris.join(' ')}`,
    `Suites: ${suite}`,
    `Components: ${components.join(' ')}`,
    // Without this apt also fetches what the machine asks for elsewhere, such as Contents files.
    'Targets: Packages',
    'Languages: none',
  ];
  if (source.signedBy !== undefined) lines.push(`Signed-By: ${source.signedBy}`);
  if (source.trusted !== undefined) lines.push(`Trusted: ${source.trusted}`);
  return `${lines.join('\n')}\n`;
}

/** Which distribution's archive a machine uses, from `/etc/os-release`. */
export interface Distribution {
  readonly family: 'debian' | 'ubuntu';
  readonly codename: string;
}

/**
 * Reads `/etc/os-release`; undefined for a distribution that is not built on Debian or Ubuntu.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/os-release.html
 */
export function parseOsRelease(text: string): Distribution | undefined {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=["']?([^"']*)["']?\s*$/.exec(line);
    if (match?.[1] !== undefined) values.set(match[1], match[2] ?? '');
  }
  const ids = `${values.get('ID') ?? ''} ${values.get('ID_LIKE') ?? ''}`.split(/\s+/);
  const ubuntu = values.get('UBUNTU_CODENAME');
  if (ids.includes('ubuntu') || ubuntu !== undefined) {
    return { family: 'ubuntu', codename: ubuntu ?? values.get('VERSION_CODENAME') ?? 'devel' };
  }
  if (!ids.includes('debian')) return undefined;
  return {
    family: 'debian',
    codename: values.get('DEBIAN_CODENAME') ?? values.get('VERSION_CODENAME') ?? 'sid',
  };
}

const ROLLING_SUITES = ['oldstable', 'stable', 'testing', 'unstable', 'sid', 'devel'];

/**
 * The sources that are a mirror of the distribution's own archive: they carry the machine's own
 * release with the component `main`. Security archives and other people's archives do not.
 */
export function archiveMirrors(
  sources: readonly AptSource[],
  distribution: Distribution,
): AptSource[] {
  return sources.filter(
    (source) =>
      source.components.includes('main') &&
      source.uris.some((uri) => /^(?:https?|mirror|mirror\+\w+|file|copy|tor\+\w+):/.test(uri)) &&
      source.suites.some(
        (suite) => suite === distribution.codename || ROLLING_SUITES.includes(suite),
      ),
  );
}
