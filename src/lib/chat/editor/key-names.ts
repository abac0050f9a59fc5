/**
 * The names of keys, with the modifiers in the order ctrl, alt, shift.
 *
 * Sources: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html,
 * https://sw.kovidgoyal.net/kitty/keyboard-protocol/#functional-key-definitions
 */
const FINAL_BYTES: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  Z: 'shift+tab',
  // rxvt, with Shift.
  a: 'shift+up',
  b: 'shift+down',
  c: 'shift+right',
  d: 'shift+left',
};

const SS3_FINAL_BYTES: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  M: 'return',
  // rxvt, with Ctrl.
  a: 'ctrl+up',
  b: 'ctrl+down',
  c: 'ctrl+right',
  d: 'ctrl+left',
};

const NUMBERS: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  200: 'paste start',
};

/** Kitty's numbers of keys that are no character. */
const CODES: Readonly<Record<number, string>> = {
  9: 'tab',
  13: 'return',
  27: 'escape',
  127: 'backspace',
  57_414: 'return',
  57_417: 'left',
  57_418: 'right',
  57_419: 'up',
  57_420: 'down',
  57_421: 'pageup',
  57_422: 'pagedown',
  57_423: 'home',
  57_424: 'end',
  57_425: 'insert',
  57_426: 'delete',
};

/** Kitty's numbers of the keypad's characters begin here. */
const KEYPAD_FIRST = 57_399;
const KEYPAD = '0123456789./*-+';

const SHIFT = 1;
const ALT = 2;
const CTRL = 4;
/** Super and Hyper: keys of the desktop. Caps Lock and Num Lock, the bits above, change nothing. */
const FOREIGN = 8 | 16;

/**
 * The key that a control sequence stands for; a single character for one that types it.
 *
 * @param parameters what stands between `CSI` and the final byte: `1;5`, `13;2`
 */
export function keyOfCsi(parameters: string, final: string): string | undefined {
  const fields = parameters.split(';').map((field) => Number.parseInt(field, 10));
  const [first = Number.NaN, second = Number.NaN, third = Number.NaN] = fields;
  if (/[<=>?]/u.test(parameters)) return undefined;
  if (final === 'u') return keyOfCode(first, second);
  // What xterm's modifyOtherKeys sends, should somebody have switched it on.
  if (final === '~' && first === 27) return keyOfCode(third, second);
  if (final === '~') return modified(NUMBERS[first], second);
  if (final === '^') return modified(NUMBERS[first], CTRL + 1);
  return modified(FINAL_BYTES[final], second);
}

/** The key behind `ESC O`. */
export function keyOfSs3(final: string, modifiers: string): string | undefined {
  return modified(SS3_FINAL_BYTES[final], Number.parseInt(modifiers, 10));
}

/** The key that a control character stands for, undefined for any other character. */
export function keyOfControl(character: string): string | undefined {
  switch (character) {
    case '\r':
      return 'return';
    case '\n':
      return 'ctrl+j';
    case '\t':
      return 'tab';
    case '\b':
    case '\u007F':
      return 'backspace';
    case '\u001B':
      return 'escape';
    case '\u0000':
      return 'ctrl+space';
    default: {
      const code = character.charCodeAt(0);
      return code < 0x20 ? `ctrl+${String.fromCharCode(code + 0x40).toLowerCase()}` : undefined;
    }
  }
}

/** The same key with Alt. */
export function withAlt(key: string): string {
  if (key.includes('alt+')) return key;
  return key.startsWith('ctrl+') ? `ctrl+alt+${key.slice('ctrl+'.length)}` : `alt+${key}`;
}

function keyOfCode(code: number, modifiers: number): string | undefined {
  const keypad = KEYPAD[code - KEYPAD_FIRST];
  const name = CODES[code];
  if (name !== undefined) return modified(name, modifiers);
  if (keypad === undefined && !isCharacter(code)) return undefined;
  const character = keypad ?? String.fromCodePoint(code);
  const bits = bitsOf(modifiers);
  if ((bits & (CTRL | ALT | FOREIGN)) === 0) {
    return (bits & SHIFT) === 0 ? character : character.toUpperCase();
  }
  // Shift with a letter is the same key: Ctrl+Shift+K is Ctrl+K to a terminal of old. With a sign it
  // is another sign, of which the protocol's first level only tells the lower one; on most
  // keyboards the underscore is above the hyphen.
  const shifted = character === '-' && (bits & SHIFT) !== 0 ? '_' : character.toLowerCase();
  return modified(shifted === ' ' ? 'space' : shifted, (bits & ~SHIFT) + 1);
}

function isCharacter(code: number): boolean {
  return (
    code >= 0x20 && code !== 0x7f && code <= 0x10_ffff && !(code >= 0xd8_00 && code <= 0xf8_ff)
  );
}

function bitsOf(modifiers: number): number {
  return Number.isNaN(modifiers) || modifiers < 1 ? 0 : modifiers - 1;
}

function modified(name: string | undefined, modifiers: number): string | undefined {
  const bits = bitsOf(modifiers);
  if (name === undefined || (bits & FOREIGN) !== 0) return undefined;
  return [
    (bits & CTRL) === 0 ? '' : 'ctrl+',
    (bits & ALT) === 0 ? '' : 'alt+',
    (bits & SHIFT) === 0 || name.includes('shift+') ? '' : 'shift+',
    name,
  ].join('');
}
