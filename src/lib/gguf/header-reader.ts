import { LlameroError } from '../errors.ts';
import type { ByteSource } from './header-source.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Enough for the metadata before the vocabulary, and for the whole of a small header. */
const FIRST_CHUNK = 256 * KIB;
/** What is read beyond what is known to be needed, at most. */
const LARGEST_CHUNK = MIB;
/** What is read at once at most, however much is said to follow. */
const LARGEST_READ = 16 * MIB;
/**
 * Where a header that is still not over counts as damaged. The largest that are known, with a
 * vocabulary of 262,144 tokens, its merges and a copy of the tokenizer's own file, stay below 64 MiB.
 */
const LONGEST_HEADER = 256 * MIB;
/** A chat template has some kilobytes. */
const LONGEST_STRING = MIB;
/** What all texts of a header take that are kept, at most; that of known models stays far below. */
const MOST_TEXT = 32 * MIB;

/**
 * Reads a header from its start to its end, in few large reads. What is skipped is read only where
 * it lies between things that are needed. Every count and length in the file is checked against the
 * bytes that are left before anything is read or kept for it.
 */
export class HeaderReader {
  /** Bytes fetched so far. */
  bytesRead = 0;
  readonly #source: ByteSource;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });
  /** What of the source is in memory: bytes from {@link #start} on. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  /** The place of the next byte, counted from the start of {@link #view}. */
  #at = 0;
  #chunk: number;
  /** What the texts took that were kept. */
  #textBytes = 0;
  #littleEndian = true;
  #wideCounts = true;

  constructor(source: ByteSource, firstChunk = FIRST_CHUNK) {
    this.#source = source;
    this.#chunk = firstChunk;
  }

  /** The place of the next byte in the source. */
  get position(): number {
    return this.#start + this.#at;
  }

  /** Whether numbers begin with their lowest byte; they do until told. */
  set littleEndian(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  /** Whether counts and lengths take eight bytes, as in all versions but the first. */
  set wideCounts(wide: boolean) {
    this.#wideCounts = wide;
  }

  /** The error for a header that cannot be right. */
  damaged(reason: string): LlameroError {
    return new LlameroError(
      'FILE_DAMAGED',
      `${this.#source.name} is not a whole GGUF file: ${reason}`,
      { hint: this.#source.remedy },
    );
  }

  /**
   * Makes sure that bytes are in memory.
   *
   * @param count bytes from the next one on
   * @param expected bytes that will probably be asked for soon, these included
   */
  async need(count: number, expected = 0): Promise<void> {
    const present = this.#view.byteLength - this.#at;
    if (present >= count) return;
    this.requireRemaining(count);
    const end = this.position + Math.max(present, 0);
    const wanted = Math.max(count, Math.min(expected, LARGEST_READ), this.#chunk);
    const left = (this.#source.size ?? Number.POSITIVE_INFINITY) - end;
    const fetched = await this.#source.read(end, Math.min(wanted - Math.max(present, 0), left));
    this.bytesRead += fetched.byteLength;
    if (Math.max(present, 0) + fetched.byteLength < count) throw this.#ended();
    this.#keep(fetched, end);
    this.#chunk = Math.min(this.#chunk * 2, LARGEST_CHUNK);
  }

  /** Goes on without looking at some bytes; they are read only as far as they are in memory. */
  skip(count: number): void {
    this.requireRemaining(count);
    this.#at += count;
  }

  /**
   * Checks that so many bytes can follow at all.
   *
   * @throws LlameroError FILE_DAMAGED
   */
  requireRemaining(count: number): void {
    const end = this.position + count;
    if (end > (this.#source.size ?? Number.POSITIVE_INFINITY)) throw this.#ended();
    if (end > LONGEST_HEADER) throw this.damaged('its header is longer than any that is known');
  }

  uint8(): number {
    return this.#take(1, (at) => this.#view.getUint8(at));
  }
  int8(): number {
    return this.#take(1, (at) => this.#view.getInt8(at));
  }
  uint16(): number {
    return this.#take(2, (at) => this.#view.getUint16(at, this.#littleEndian));
  }
  int16(): number {
    return this.#take(2, (at) => this.#view.getInt16(at, this.#littleEndian));
  }
  uint32(): number {
    return this.#take(4, (at) => this.#view.getUint32(at, this.#littleEndian));
  }
  int32(): number {
    return this.#take(4, (at) => this.#view.getInt32(at, this.#littleEndian));
  }
  uint64(): bigint {
    return this.#take(8, (at) => this.#view.getBigUint64(at, this.#littleEndian));
  }
  int64(): bigint {
    return this.#take(8, (at) => this.#view.getBigInt64(at, this.#littleEndian));
  }
  float32(): number {
    return this.#take(4, (at) => this.#view.getFloat32(at, this.#littleEndian));
  }
  float64(): number {
    return this.#take(8, (at) => this.#view.getFloat64(at, this.#littleEndian));
  }

  /** Bytes that a count or a length takes. */
  get countBytes(): number {
    return this.#wideCounts ? 8 : 4;
  }

  /**
   * A count or a length.
   *
   * @param expected as for {@link need}
   */
  async count(expected = 0): Promise<number> {
    await this.need(this.countBytes, expected);
    return this.#countAt(this.#at, (this.#at += this.countBytes));
  }

  /** An offset into the data, which takes eight bytes in every version. */
  offset(): number {
    const value = this.uint64();
    if (value > Number.MAX_SAFE_INTEGER) throw this.damaged(`it counts ${value} bytes`);
    return Number(value);
  }

  /**
   * A string.
   *
   * @param expected as for {@link need}
   */
  async string(expected = 0): Promise<string> {
    const length = await this.count(expected);
    if (length > LONGEST_STRING) throw this.damaged(`a text in its header has ${length} bytes`);
    return this.#text(length);
  }

  /**
   * A string, unless it is so long that it is no text for people, as the tokenizer's own file is: that
   * is skipped.
   *
   * @returns the bytes that were skipped
   */
  async stringOrSkip(): Promise<string | { readonly skipped: number }> {
    const length = await this.count();
    if (length <= LONGEST_STRING) return this.#text(length);
    this.skip(length);
    return { skipped: length };
  }

  async #text(length: number): Promise<string> {
    this.#textBytes += length;
    if (this.#textBytes > MOST_TEXT) throw this.damaged('its texts are longer than any known');
    await this.need(length);
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at, length);
    this.#at += length;
    try {
      return this.#utf8.decode(bytes);
    } catch {
      throw this.damaged('a text in its header is not UTF-8');
    }
  }

  /**
   * Skips strings by their lengths alone; their bytes are not looked at.
   *
   * @param bytesEach about how many bytes one takes with its length
   * @param behind bytes that will probably be asked for after them
   * @returns the bytes that were skipped
   */
  async skipStrings(count: number, bytesEach: number, behind = 0): Promise<number> {
    const from = this.position;
    let left = count;
    while (left > 0) {
      const skipped = this.#skipStringsInMemory(left);
      left -= skipped;
      if (left === 0) break;
      const done = count - left;
      const each = done === 0 ? bytesEach : (this.position - from) / done;
      // The tokens of a vocabulary grow longer towards its end.
      await this.need(this.countBytes, Math.ceil(left * each * 1.08) + behind);
    }
    return this.position - from;
  }

  /** Skips as many strings as have their lengths in memory. */
  #skipStringsInMemory(most: number): number {
    const { byteLength } = this.#view;
    const width = this.countBytes;
    let skipped = 0;
    while (skipped < most && this.#at + width <= byteLength) {
      const length = this.#countAt(this.#at, this.#at + width);
      if (this.#at + width + length > byteLength) this.requireRemaining(width + length);
      this.#at += width + length;
      skipped += 1;
    }
    return skipped;
  }

  #countAt(at: number, end: number): number {
    if (end - at === 4) return this.#view.getUint32(at, this.#littleEndian);
    const first = this.#view.getUint32(at, this.#littleEndian);
    const second = this.#view.getUint32(at + 4, this.#littleEndian);
    const value = this.#littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
    if (value > Number.MAX_SAFE_INTEGER) throw this.damaged('it counts more things than there are');
    return value;
  }

  #take<T>(count: number, read: (at: number) => T): T {
    const value = read(this.#at);
    this.#at += count;
    return value;
  }

  /** Puts fetched bytes behind those that have not been looked at yet. */
  #keep(fetched: Uint8Array, from: number): void {
    const { position } = this;
    const rest = Math.max(this.#view.byteLength - this.#at, 0);
    if (rest === 0) {
      this.#view = new DataView(fetched.buffer, fetched.byteOffset, fetched.byteLength);
      this.#start = from;
      this.#at = 0;
      return;
    }
    const joined = new Uint8Array(rest + fetched.byteLength);
    joined.set(new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at, rest));
    joined.set(fetched, rest);
    this.#view = new DataView(joined.buffer);
    this.#start = position;
    this.#at = 0;
  }

  #ended(): LlameroError {
    return this.damaged(`it ends within its header, after ${this.#source.size ?? 'some'} bytes`);
  }
}
