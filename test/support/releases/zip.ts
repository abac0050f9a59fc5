import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { crc32, deflateRawSync } from 'node:zlib';

/** A file as it goes into a zip. */
export interface ZipEntry {
  /** With `/` between folders. */
  readonly name: string;
  readonly content: Buffer;
  /** Permission bits. */
  readonly mode: number;
}

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const VERSION = 20;
const MADE_BY_UNIX = (3 << 8) | VERSION;
const DEFLATE = 8;
/** 1 January 2026. */
const DATE = ((2026 - 1980) << 9) | (1 << 5) | 1;
const REGULAR_FILE = 0o100000;

/**
 * Writes a zip file, of less than 4 GB.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function writeZip(file: string, entries: AsyncIterable<ZipEntry>): Promise<void> {
  await pipeline(zipBytes(entries), createWriteStream(file));
}

async function* zipBytes(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer> {
  const central: Buffer[] = [];
  let offset = 0;
  for await (const { content, mode, name } of entries) {
    const packed = deflateRawSync(content, { level: 1 });
    const nameBytes = Buffer.from(name);
    const common = commonFields(crc32(content), packed.length, content.length, nameBytes.length);
    const local = Buffer.alloc(4);
    local.writeUInt32LE(LOCAL_SIGNATURE);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(CENTRAL_SIGNATURE);
    record.writeUInt16LE(MADE_BY_UNIX, 4);
    common.copy(record, 6);
    record.writeUInt32LE(((REGULAR_FILE | mode) << 16) >>> 0, 38);
    record.writeUInt32LE(offset, 42);
    central.push(record, nameBytes);
    const parts = [local, common, nameBytes, packed];
    yield* parts;
    offset += parts.reduce((sum, part) => sum + part.length, 0);
  }
  yield* central;
  yield endRecord(
    central.length / 2,
    central.reduce((sum, part) => sum + part.length, 0),
    offset,
  );
}

/** The fields that stand in both records of an entry, from the needed version to the extra length. */
function commonFields(crc: number, packed: number, size: number, nameLength: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(DEFLATE, 4);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(packed, 14);
  fields.writeUInt32LE(size, 18);
  fields.writeUInt16LE(nameLength, 22);
  return fields;
}

function endRecord(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22);
  record.writeUInt32LE(END_SIGNATURE);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}
