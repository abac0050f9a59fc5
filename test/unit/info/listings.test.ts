import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { LlameroError } from '../../../src/lib/errors.ts';
import { createDocumentCache } from '../../../src/lib/info/document-cache.ts';
import { caught } from '../../support/caught.ts';
import { startHub, type TestHub } from '../../support/hub/hub.ts';
import { Place } from './place.ts';

const MINUTE = 60_000;
const FILES = {
  'README.md': { content: '---\nlicense: mit\n---\n# Plain' },
  'plain-Q4_K_M.gguf': { content: 'model' },
  'mmproj-F16.gguf': { content: 'projector' },
};

let hub: TestHub;
let place: Place;

beforeEach(async () => {
  hub = await startHub();
  await hub.addRepo('maker/plain', FILES, {
    cardData: { license: 'mit', base_model: 'maker/base' },
    gguf: { total: 1000, architecture: 'llama', context_length: 512, chat_template: '{{ x }}' },
    branches: { 'refs/pr/1': 'beef'.padEnd(40, '0') },
  });
  place = await Place.create(hub);
  hub.clearRequests();
});

afterEach(async () => {
  await place[Symbol.asyncDispose]();
  await hub.close();
});

describe('a listing', () => {
  test('tells in one request what the model and its files take two for', async () => {
    const listing = await place.hub.listing('maker/plain');
    expect(hub.requests).toHaveLength(1);
    const model = await place.hub.model('maker/plain');
    expect(listing.model).toEqual(model);
    const files = await place.hub.files('maker/plain', model.commit);
    const byPath = (one: { path: string }, other: { path: string }): number =>
      one.path < other.path ? -1 : 1;
    expect(listing.files.toSorted(byPath)).toEqual(files.sort(byPath));
    expect(listing.chatTemplate).toBe('{{ x }}');
  });

  test('says whether the hub has read a header', async () => {
    await hub.addRepo('maker/base', FILES, { gguf: { total: 1, architecture: 'llama' } });
    await hub.addRepo('maker/unread', FILES);
    expect((await place.hub.listing('maker/base')).chatTemplate).toBe('');
    expect((await place.hub.listing('maker/unread')).chatTemplate).toBeUndefined();
  });

  test('of a hub that tells no sizes is asked for in two', async () => {
    const bare = { _id: '1', id: 'maker/plain', sha: 'c0ffee'.padEnd(40, '0') };
    const { sha } = await place.hub.model('maker/plain').then(({ commit }) => ({ sha: commit }));
    const body = JSON.stringify({ ...bare, sha, siblings: [{ rfilename: 'README.md' }] });
    hub.faults.add(
      { path: '/api/models/maker/plain/revision' },
      { kind: 'answer', status: 200, body },
    );
    const { files } = await place.hub.listing('maker/plain');
    expect(files.map((file) => file.path).sort()).toEqual(Object.keys(FILES).sort());
  });

  test('of the last minutes is there without a request, and then asked for again', async () => {
    const first = await place.listings.read({ repo: 'maker/plain' });
    place.now += 4 * MINUTE;
    expect(await place.listings.read({ repo: 'maker/plain' })).toEqual(first);
    expect(hub.requests).toHaveLength(1);
    await place.listings.read({ repo: 'maker/plain', refresh: true });
    expect(hub.requests).toHaveLength(2);
    place.now += 6 * MINUTE;
    await place.listings.read({ repo: 'maker/plain' });
    expect(hub.requests).toHaveLength(3);
  });

  test('of another revision is another one', async () => {
    await place.listings.read({ repo: 'maker/plain' });
    const other = await place.listings.read({ repo: 'maker/plain', revision: 'refs/pr/1' });
    expect(other.model.commit).toBe('beef'.padEnd(40, '0'));
    expect((await place.listings.read({ repo: 'maker/plain' })).model.commit).not.toBe(
      other.model.commit,
    );
  });

  test('is told as it was when the hub is out of reach, and why', async () => {
    const first = await place.listings.read({ repo: 'maker/plain' });
    const later = place.again(hub);
    later.now += 60 * MINUTE;
    await hub.goDown();
    const known = await later.listings.read({ repo: 'maker/plain' });
    expect(known).toMatchObject(first);
    expect(known.outdated?.code).toBe('NETWORK');
    const offline = place.again(hub, { offline: true });
    offline.now += 60 * MINUTE;
    expect((await offline.listings.read({ repo: 'maker/plain' })).outdated?.code).toBe('OFFLINE');
    await hub.comeUp();
  });

  test('of a repository that is gone is not told from memory', async () => {
    await place.listings.read({ repo: 'maker/plain' });
    place.now += 60 * MINUTE;
    hub.faults.add(
      { path: '/api/models' },
      { kind: 'answer', status: 404, headers: { 'x-error-code': 'RepoNotFound' } },
    );
    const { code } = await caught(place.listings.read({ repo: 'maker/plain' }));
    expect(code).toBe('REPO_NOT_FOUND');
  });

  test('of another hub is not taken for that of this one', async () => {
    await place.listings.read({ repo: 'maker/plain' });
    const other = await startHub();
    const { code } = await caught(place.again(other).listings.read({ repo: 'maker/plain' }));
    expect(code).toBe('REPO_NOT_FOUND');
    await other.close();
  });

  test.each(['', '{', '[1]', '{"model":{}}'])(
    'that is damaged, as %j, is asked for',
    async (text) => {
      const first = await place.listings.read({ repo: 'maker/plain' });
      await writeFile(path.join(place.folder, 'repos', 'maker--plain.json'), text);
      expect(await place.listings.read({ repo: 'maker/plain' })).toEqual(first);
    },
  );
});

describe('a card', () => {
  test('takes one request, and none again', async () => {
    const listing = await place.listings.read({ repo: 'maker/plain' });
    hub.clearRequests();
    expect(await place.listings.card(listing)).toContain('# Plain');
    expect(await place.listings.card(listing)).toContain('# Plain');
    expect(hub.requests).toHaveLength(1);
  });

  test('is not asked for where there is none', async () => {
    await hub.addRepo('maker/bare', { 'm-Q4_K_M.gguf': { content: 'model' } });
    const listing = await place.listings.read({ repo: 'maker/bare' });
    hub.clearRequests();
    expect(await place.listings.card(listing)).toBeUndefined();
    expect(hub.requests).toHaveLength(0);
  });

  test('of a new commit is asked for', async () => {
    const before = await place.listings.read({ repo: 'maker/plain' });
    await place.listings.card(before);
    const card = await hub.addRepo('maker/plain', { ...FILES, 'README.md': { content: '# New' } });
    expect(card.sha).not.toBe(before.model.commit);
    const after = await place.listings.read({ repo: 'maker/plain', refresh: true });
    expect(await place.listings.card(after)).toBe('# New');
  });

  test('that is very long is cut', async () => {
    const long = { ...FILES, 'README.md': { content: 'x'.repeat(400_000) } };
    await hub.addRepo('maker/plain', long);
    const listing = await place.listings.read({ repo: 'maker/plain' });
    expect(await place.listings.card(listing)).toHaveLength(256 * 1024);
  });
});

describe('what is kept', () => {
  test.skipIf(process.platform === 'win32')('is for the user alone', async () => {
    await place.listings.read({ repo: 'maker/plain' });
    const folder = path.join(place.folder, 'repos');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const [name = ''] = await readdir(folder);
    expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
  });

  test('is no failure where it cannot be kept', async () => {
    const file = path.join(place.folder, 'file');
    await writeFile(file, '');
    await chmod(file, 0o600);
    const problems: LlameroError[] = [];
    const cache = createDocumentCache({
      folder: path.join(file, 'folder'),
      limit: 3,
      onProblem: (problem) => problems.push(problem),
    });
    await cache.write('name', { a: 1 });
    expect(problems).toHaveLength(1);
    expect(await cache.read('name')).toBeUndefined();
  });

  test('is not larger than it is worth', async () => {
    const folder = path.join(place.folder, 'large');
    const cache = createDocumentCache({ folder, limit: 3 });
    await cache.write('large', 'x'.repeat(3_000_000));
    expect(await cache.read('large')).toBeUndefined();
  });
});
