import { keyOfCsi, keyOfSs3, keyOfControl, withAlt } from './key-names.ts';

/** What a terminal sends, understood. */
export type InputEvent =
  /** Printable characters. */
  | { readonly type: 'text'; readonly text: string }
  /** What was pasted, as it came: with any line ends and controls. */
  | { readonly type: 'paste'; readonly text: string }
  /** A key by its name: `ctrl+a`, `alt+left`, `shift+return`, `up`. */
  | { readonly type: 'key'; readonly key: string };

const ESCAPE = '\u001B';
const PASTE_END = '\u001B[201~';
const CTRL_C = '\u0003';
/** Longer than any reply of a terminal; what has no end by then is no reply. */
const LONGEST_REPLY = 1024;

const TEXT = /^[^\u0000-\u001F\u007F]+/u;
const CSI = /^\u001B\[([0-9:;<=>?]*)([ -/]*)([@-~])/u;
const CSI_UNFINISHED = /^\u001B\[[0-9:;<=>?]*[ -/]*$/u;
/** rxvt ends keys with Shift by `$`, which elsewhere comes before an end. */
const CSI_DOLLAR = /^\u001B\[\d+\$/u;
/** The Linux console's function keys. */
const CONSOLE_FUNCTION_KEY = /^\u001B\[\[[A-E]?/u;
const SS3 = /^\u001BO(\d?)([A-Za-z])/u;
const SS3_UNFINISHED = /^\u001BO\d?$/u;
/** The beginning of a reply to a question (OSC, DCS) that some other program asked. */
const REPLY = /^\u001B(?:\]\d|P[\d>!$+])/u;
const REPLY_END = /\u0007|\u001B\\/u;

/**
 * Turns what a terminal sends into keys, text and pastes. Made for chunks as they come: a sequence
 * that is cut in two is put together again.
 *
 * Forms: ECMA-48 control sequences with xterm's modifiers
 * (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html), bracketed paste, and the kitty
 * protocol's `CSI code;modifiers u` (https://sw.kovidgoyal.net/kitty/keyboard-protocol/).
 */
export class KeyDecoder {
  /** The beginning of a sequence whose rest has not come. */
  #held = '';
  /** The pieces of a paste whose end has not come. */
  #paste: string[] | undefined;

  /** Whether {@link flush} has to be called if nothing comes for a while. */
  get isWaiting(): boolean {
    return this.#held !== '' && this.#paste === undefined;
  }

  decode(chunk: string): InputEvent[] {
    const events: InputEvent[] = [];
    // A paste whose end got lost must not lock the user out.
    if (this.#paste !== undefined && chunk === CTRL_C) this.#endPaste(events, this.#held);
    let rest = this.#held + chunk;
    this.#held = '';
    if (this.#paste === undefined && isUnmarkedPaste(rest)) return [{ type: 'paste', text: rest }];
    while (rest !== '') {
      rest =
        this.#paste === undefined ? this.#takeKey(rest, events) : this.#takePaste(rest, events);
    }
    return events;
  }

  /** Nothing came after the beginning of a sequence: it was a key of its own. */
  flush(): InputEvent[] {
    const held = this.#held;
    this.#held = '';
    if (held === '') return [];
    if (held === ESCAPE || held === ESCAPE + ESCAPE) return [{ type: 'key', key: 'escape' }];
    const [, character, ...more] = held;
    if (character === undefined || more.length > 0) return [];
    return [{ type: 'key', key: `alt+${character.toLowerCase()}` }];
  }

  #takePaste(rest: string, events: InputEvent[]): string {
    const end = rest.indexOf(PASTE_END);
    if (end !== -1) {
      this.#endPaste(events, rest.slice(0, end));
      return rest.slice(end + PASTE_END.length);
    }
    let kept = Math.min(PASTE_END.length - 1, rest.length);
    while (!rest.endsWith(PASTE_END.slice(0, kept))) kept -= 1;
    this.#held = rest.slice(rest.length - kept);
    this.#paste?.push(rest.slice(0, rest.length - kept));
    return '';
  }

  #endPaste(events: InputEvent[], last: string): void {
    const text = [...(this.#paste ?? []), last].join('');
    this.#paste = undefined;
    this.#held = '';
    if (text !== '') events.push({ type: 'paste', text });
  }

  /** Takes one event off the front of `rest`; answers what is left. */
  #takeKey(rest: string, events: InputEvent[]): string {
    const text = TEXT.exec(rest)?.[0];
    if (text !== undefined) {
      events.push({ type: 'text', text });
      return rest.slice(text.length);
    }
    if (!rest.startsWith(ESCAPE)) {
      add(events, keyOfControl(rest.charAt(0)));
      return rest.slice(1);
    }
    return this.#takeEscape(rest, events);
  }

  #takeEscape(rest: string, events: InputEvent[]): string {
    const second = rest.charAt(1);
    if (second === '') return this.#hold(rest);
    if (second === ESCAPE) {
      const third = rest.charAt(2);
      if (third === '') return this.#hold(rest);
      // rxvt puts an escape before the sequence of a key pressed with Alt.
      if (third !== '[' && third !== 'O') {
        add(events, 'escape');
        return rest.slice(1);
      }
      const inner: InputEvent[] = [];
      const left = this.#takeEscape(rest.slice(1), inner);
      if (this.#held !== '') this.#held = ESCAPE + this.#held;
      for (const event of inner) {
        events.push(event.type === 'key' ? { type: 'key', key: withAlt(event.key) } : event);
      }
      return left;
    }
    if (second === '[') return this.#takeCsi(rest, events);
    if (second === 'O') {
      const ss3 = SS3.exec(rest);
      if (ss3 !== null) {
        add(events, keyOfSs3(ss3[2] ?? '', ss3[1] ?? ''));
        return rest.slice(ss3[0].length);
      }
      if (SS3_UNFINISHED.test(rest)) return this.#hold(rest);
    }
    if (REPLY.test(rest)) {
      const end = REPLY_END.exec(rest.slice(2));
      if (end !== null) return rest.slice(2 + end.index + end[0].length);
      if (rest.length < LONGEST_REPLY) return this.#hold(rest);
      return '';
    }
    if ((second === ']' || second === 'P') && rest.length === 2) return this.#hold(rest);
    const character = String.fromCodePoint(rest.codePointAt(1) ?? 0);
    const control = keyOfControl(character);
    // Ctrl+C right behind Escape is Ctrl+C.
    if (control?.startsWith('ctrl+') === true && control !== 'ctrl+j') {
      add(events, 'escape');
      return rest.slice(1);
    }
    add(events, withAlt(control ?? character.toLowerCase()));
    return rest.slice(1 + character.length);
  }

  #takeCsi(rest: string, events: InputEvent[]): string {
    const console = CONSOLE_FUNCTION_KEY.exec(rest)?.[0];
    if (console !== undefined) {
      return console.length === 3 && rest.length === 3
        ? this.#hold(rest)
        : rest.slice(console.length);
    }
    const dollar = CSI_DOLLAR.exec(rest)?.[0];
    if (dollar !== undefined) return rest.slice(dollar.length);
    const csi = CSI.exec(rest);
    if (csi === null) {
      if (CSI_UNFINISHED.test(rest)) return rest.length < LONGEST_REPLY ? this.#hold(rest) : '';
      // Broken off by a character that no sequence holds: that one counts, the beginning does not.
      return rest.slice(2 + rest.slice(2).search(/[^ -?]/u));
    }
    const left = rest.slice(csi[0].length);
    const [, parameters = '', intermediates = '', final = ''] = csi;
    if (intermediates !== '') return left;
    const key = keyOfCsi(parameters, final);
    if (key === 'paste start') this.#paste = [];
    else if (key !== undefined) {
      events.push(isCharacter(key) ? { type: 'text', text: key } : { type: 'key', key });
    }
    return left;
  }

  #hold(rest: string): string {
    this.#held = rest;
    return '';
  }
}

function isCharacter(key: string): boolean {
  return key.length === String.fromCodePoint(key.codePointAt(0) ?? 0).length;
}

function add(events: InputEvent[], key: string | undefined): void {
  if (key !== undefined) events.push({ type: 'key', key });
}

/**
 * Whether a chunk is a paste from a terminal that does not say so: several lines that came at once.
 * A single line with Enter behind it is taken as typed.
 */
function isUnmarkedPaste(chunk: string): boolean {
  return /^[^\r\n]*\S[^\r\n]*[\r\n]\s*\S/u.test(chunk) && !/[^\P{Cc}\t\r\n]/u.test(chunk);
}
