import { describe, expect, test } from 'vitest';

import type { AptSource } from '../../support/engine/apt-sources.ts';
import {
  archiveMirrors,
  formatDeb822Source,
  parseDeb822Sources,
  parseOsRelease,
  parseSourcesList,
} from '../../support/engine/apt-sources.ts';

describe('sources.list', () => {
  test.each([
    [
      'a plain line',
      'deb http://mirror.example/debian bookworm main contrib',
      [
        {
          uris: ['http://mirror.example/debian'],
          suites: ['bookworm'],
          components: ['main', 'contrib'],
        },
      ],
    ],
    [
      'options in brackets',
      'deb [ arch=amd64 signed-by=/usr/share/keyrings/a.gpg ] https://mirror.example/debian trixie main',
      [
        {
          uris: ['https://mirror.example/debian'],
          suites: ['trixie'],
          components: ['main'],
          signedBy: '/usr/share/keyrings/a.gpg',
        },
      ],
    ],
    [
      'trust without a signature, no space around the brackets',
      'deb [trusted=yes]file:/srv/mirror sid main # ours',
      [{ uris: ['file:/srv/mirror'], suites: ['sid'], components: ['main'], trusted: 'yes' }],
    ],
    ['a comment', '# deb http://mirror.example/debian bookworm main', []],
    ['source packages', 'deb-src http://mirror.example/debian bookworm main', []],
    ['a broken line', 'deb http://mirror.example/debian', []],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => {
    expect(parseSourcesList(text)).toEqual(expected);
  });
});

describe('deb822 sources', () => {
  test('several stanzas, comments, folded fields, a stanza that is off, one for sources', () => {
    const text = [
      '# The archive',
      'Types: deb deb-src',
      '# http://snapshot.example/20250520',
      'URIs: http://one.example/debian http://two.example/debian',
      'Suites: bookworm bookworm-updates',
      'Components: main',
      ' contrib',
      'Signed-By: /usr/share/keyrings/a.gpg',
      ' \t',
      'Types: deb',
      'Enabled: no',
      'URIs: http://off.example/debian',
      'Suites: sid',
      'Components: main',
      '',
      'types: deb-src',
      'uris: http://sources.example/debian',
      'suites: sid',
      'components: main',
      '',
    ].join('\n');
    expect(parseDeb822Sources(text)).toEqual([
      {
        uris: ['http://one.example/debian', 'http://two.example/debian'],
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main', 'contrib'],
        signedBy: '/usr/share/keyrings/a.gpg',
      },
    ]);
  });

  test('a key that stands in the file itself comes out as it went in', () => {
    const key =
      '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc=\n -----END PGP PUBLIC KEY BLOCK-----';
    const written = formatDeb822Source(
      { uris: ['https://a.example/x'], suites: ['noble'], components: ['main'], signedBy: key },
      'devel',
      ['main', 'universe'],
    );
    expect(parseDeb822Sources(written)).toEqual([
      {
        uris: ['https://a.example/x'],
        suites: ['devel'],
        components: ['main', 'universe'],
        signedBy: key,
      },
    ]);
  });
});

describe('os-release', () => {
  test.each([
    ['Debian', 'ID=debian\nVERSION_CODENAME=bookworm\n', 'debian', 'bookworm'],
    ['Debian sid', 'ID=debian\n', 'debian', 'sid'],
    [
      'Ubuntu',
      'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble',
      'ubuntu',
      'noble',
    ],
    [
      'Mint on Ubuntu',
      'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble',
      'ubuntu',
      'noble',
    ],
    [
      'Mint on Debian',
      'ID=linuxmint\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm',
      'debian',
      'bookworm',
    ],
  ])('%s', (_, text, family, codename) => {
    expect(parseOsRelease(text)).toEqual({ family, codename });
  });

  test('a distribution with other packages is none', () => {
    expect(parseOsRelease('ID=fedora\nID_LIKE="rhel centos"\n')).toBeUndefined();
    expect(parseOsRelease('')).toBeUndefined();
  });
});

function source(uri: string, suite: string, component: string): AptSource {
  return { uris: [uri], suites: [suite], components: [component] };
}

test('the archive is told from security archives, other vendors and media', () => {
  const archive = source('http://mirror.example/debian', 'bookworm', 'main');
  const listed = source('mirror+file:/etc/apt/mirrors.txt', 'stable', 'main');
  const sources = [
    source('http://mirror.example/debian-security', 'bookworm-security', 'main'),
    source('https://vendor.example/apt', 'bookworm', 'stable'),
    source('https://vendor.example/pg', 'bookworm-pg', 'main'),
    source('cdrom:[Debian 12]/', 'bookworm', 'main'),
    archive,
    listed,
  ];
  expect(archiveMirrors(sources, { family: 'debian', codename: 'bookworm' })).toEqual([
    archive,
    listed,
  ]);
});
