import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  findAttachments,
  promptWithFiles,
  readImage,
  readTextFile,
  requireVision,
} from '../../../src/lib/chat/attachments.ts';
import { caught } from '../../support/caught.ts';

const PNG = Buffer.from('\u0089PNG\r\n\u001A\nrest', 'latin1');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-attachments-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function put(name: string, content: string | Buffer): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

describe('a picture', () => {
  test.each([
    ['image/png', PNG],
    ['image/jpeg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1])],
    ['image/gif', Buffer.from('GIF89a…')],
    ['image/gif', Buffer.from('GIF87a…')],
    ['image/bmp', Buffer.from('BM…')],
  ])('is %s by its beginning, whatever its name', async (mimeType, bytes) => {
    await put('some/picture.txt', bytes);
    expect(await readImage('some/picture.txt', folder)).toEqual({
      name: 'picture.txt',
      mimeType,
      data: bytes.toString('base64'),
    });
  });

  test.each([
    ['no picture', Buffer.from('hello'), 'is no picture'],
    ['empty', Buffer.alloc(0), 'is no picture'],
    ['too short', Buffer.from('GIF'), 'is no picture'],
    ['WebP', Buffer.from('RIFF\u0001\u0002\u0003\u0004WEBPVP8 '), 'WebP'],
    ['other RIFF', Buffer.from('RIFF\u0001\u0002\u0003\u0004WAVEfmt '), 'is no picture'],
  ])('that is %s is refused', async (_, bytes, words) => {
    await put('a.png', bytes);
    const error = await caught(readImage('a.png', folder));
    expect(error.code).toBe('USAGE');
    expect(error.message).toContain(words);
  });

  test('that is missing, a folder or too large says so', async () => {
    expect(await caught(readImage('no.png', folder))).toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: 'There is no file no.png',
    });
    await mkdir(path.join(folder, 'folder.png'));
    expect((await caught(readImage('folder.png', folder))).message).toBe('folder.png is a folder');
    // A file with a hole: large, and nothing on the disk.
    await truncate(await put('large.png', PNG), 60_000_000);
    expect((await caught(readImage('large.png', folder))).message).toContain('larger than 50.0 MB');
  });

  test('is found in the home by ~', async () => {
    await put('in-home.png', PNG);
    expect((await readImage('~/in-home.png', '/nowhere', folder)).name).toBe('in-home.png');
  });

  test('is refused for a model that cannot see, before it is asked', async () => {
    await put('a.png', PNG);
    const images = [await readImage('a.png', folder)];
    expect(() => requireVision({ vision: true }, 'user/repo:Q8_0', images)).not.toThrow();
    expect(() => requireVision({ vision: false }, 'user/repo:Q8_0', [])).not.toThrow();
    const error = await caught(
      (async () => requireVision({ vision: false }, 'user/repo:Q8_0', images))(),
    );
    expect(error.message).toBe('user/repo:Q8_0 cannot see a.png: it has no projector');
    expect(error.hint).toContain('llamero info user/repo`');
  });
});

describe('a text file', () => {
  test('is read, without a byte order mark', async () => {
    await put('a.txt', '\uFEFFGrüße 🦙\n');
    expect(await readTextFile('a.txt', folder)).toEqual({ name: 'a.txt', text: 'Grüße 🦙\n' });
  });

  test.each([
    ['not UTF-8', Buffer.from([0x47, 0xff, 0xfe])],
    ['a program', Buffer.from('\u007FELF\u0000\u0001')],
  ])('that is %s is refused', async (_, bytes) => {
    await put('a.txt', bytes);
    expect((await caught(readTextFile('a.txt', folder))).message).toBe('a.txt is no text in UTF-8');
  });
});

describe('files in what was typed', () => {
  test.each([
    ['what is in @notes.txt?', ['notes.txt'], [], []],
    ['compare @notes.txt and @src/code.ts.', ['notes.txt', 'src/code.ts'], [], []],
    ['@"with blank.txt": what?', ['with blank.txt'], [], []],
    ['@with\\ blank.txt what?', ['with blank.txt'], [], []],
    ['(@notes.txt)', ['notes.txt'], [], []],
    ['@notes.txt @notes.txt', ['notes.txt'], [], []],
    ['describe photo.png', [], ['photo.png'], []],
    ['describe @photo.png', [], ['photo.png'], []],
    ["'my photo.png' please", [], ['my photo.png'], []],
    ['my\\ photo.png please', [], ['my photo.png'], []],
    ['notes.txt without a mark stays a word', [], [], []],
    ['write to me@notes.txt', [], [], []],
    ['import @angular/core', [], [], ['angular/core']],
    ['thank you, @carla', [], [], ['carla']],
    ['a logo.png is what I want', [], [], []],
    ['see ./gone.png', [], [], ['./gone.png']],
    ['see https://example.com/a/photo.png', [], [], []],
    ['@src is a folder', [], [], ['src']],
    ['', [], [], []],
  ])('%j', async (text, files, images, missing) => {
    await put('notes.txt', 'notes');
    await put('src/code.ts', 'code');
    await put('with blank.txt', 'blank');
    await put('photo.png', PNG);
    await put('my photo.png', PNG);
    const found = await findAttachments(text, folder);
    expect(found.files.map(({ name }) => name)).toEqual(files);
    expect(found.images.map(({ name }) => name)).toEqual(images);
    expect(found.missing).toEqual(missing);
  });

  test('that are there and cannot be used say why', async () => {
    await put('data.bin', Buffer.from([0, 1]));
    expect((await caught(findAttachments('@data.bin', folder))).code).toBe('USAGE');
    await put('fake.png', 'no picture');
    expect((await caught(findAttachments('fake.png', folder))).code).toBe('USAGE');
  });

  test('never fail for a text that names none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        const { files, images } = await findAttachments(text, folder);
        expect([...files, ...images]).toEqual([]);
      }),
    );
  });

  test('stand before the prompt, in fences that nothing in them ends', () => {
    expect(promptWithFiles('Explain.', [])).toBe('Explain.');
    const files = [
      { name: 'a.ts', text: 'let a;\n' },
      { name: 'b.md', text: '```\ncode\n```\n' },
    ];
    expect(promptWithFiles('Explain.', files)).toBe(
      'a.ts:\n```\nlet a;\n```\n\nb.md:\n````\n```\ncode\n```\n````\n\nExplain.',
    );
  });
});
