import { AGE_FORMS, parseAge } from '../age.ts';
import { matchesGlob } from '../config/model-pattern.ts';
import { parseSize } from '../config/kinds.ts';
import { LlameroError } from '../errors.ts';
import { CAPABILITIES } from '../gguf/header-description.ts';
import { nearest } from '../nearest.ts';
import type { ModelFacts } from './facts.ts';
import { MODEL_STATES, type StoredModel } from './model.ts';
import { restingSince } from './sort.ts';

/** A condition on stored models. */
export interface ModelFilter {
  /** Whether it asks for what only the header of a file tells. */
  readonly needsFacts: boolean;
  accepts(model: StoredModel, facts: ModelFacts | undefined): boolean;
}

/** The forms of a filter, for help and errors. */
const FILTER_FORMS =
  'size>10G, used>30d (not used for 30 days), modified<1w, params>=7B, quant=Q4*, name=*llama*, arch=llama, cap=vision, tag=work, state=partial; != for what is not so';

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

interface Field {
  readonly needsFacts?: boolean;
  /** All words that it can have, in lower case, where they are known. */
  readonly words?: readonly string[];
  /** @returns undefined for a value that is not of this field */
  make(operator: Operator, value: string, now: Date): ModelFilter['accepts'] | undefined;
}

const PATTERN = /^\s*([a-z]+)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*$/iu;

const FIELDS: Readonly<Record<string, Field>> = {
  size: amount(parseSize, ({ size }) => size),
  used: amount(parseAge, (model, _facts, now) => secondsSince(restingSince(model), now)),
  modified: amount(parseAge, ({ modifiedAt }, _facts, now) => secondsSince(modifiedAt, now)),
  params: { ...amount(parseParameters, (_model, facts) => facts?.parameters), needsFacts: true },
  name: words(({ repo }) => [repo]),
  quant: words(({ quant }) => [quant]),
  tag: words(({ tags }) => tags ?? []),
  state: { ...words(({ state }) => [state]), words: MODEL_STATES },
  arch: {
    ...words((_model, facts) => (facts === undefined ? undefined : [facts.architecture])),
    needsFacts: true,
  },
  cap: {
    ...words((_model, facts) => facts?.capabilities),
    needsFacts: true,
    words: CAPABILITIES,
  },
};

/**
 * Reads a filter: a field, an operator and a value, such as `size>10G`, `used>30d` or `quant=Q4*`. Words
 * are compared in any case, `*` and `?` stand for any characters.
 *
 * @throws LlameroError USAGE with the forms that there are
 */
export function parseFilter(text: string, now: Date): ModelFilter {
  const [, name = '', operator, value = ''] = PATTERN.exec(text) ?? [];
  const field = Object.hasOwn(FIELDS, name.toLowerCase()) ? FIELDS[name.toLowerCase()] : undefined;
  if (operator === undefined || value === '') throw unreadable(text);
  if (field === undefined) {
    const near = nearest(Object.keys(FIELDS), name.toLowerCase());
    throw unreadable(text, near === undefined ? undefined : `Did you mean ${near}?`);
  }
  requireWord(text, name, value, field.words);
  const accepts = field.make(operator as Operator, value, now);
  if (accepts === undefined) throw unreadable(text);
  return { needsFacts: field.needsFacts === true, accepts };
}

/** A number of parameters: `7B`, `1.5b`, `350M`, or the number itself. */
export function parseParameters(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmbt])?$/iu.exec(text.trim()) ?? [];
  if (count === undefined) return undefined;
  return Number(count) * 1000 ** ' kmbt'.indexOf(unit === '' ? ' ' : unit.toLowerCase());
}

function amount(
  parse: (text: string) => number | undefined,
  read: (model: StoredModel, facts: ModelFacts | undefined, now: Date) => number | undefined,
): Field {
  return {
    make: (operator, value, now) => {
      const wanted = parse(value);
      if (wanted === undefined) return undefined;
      return (model, facts) => {
        const found = read(model, facts, now);
        return found !== undefined && compares(found, operator, wanted);
      };
    },
  };
}

function compares(found: number, operator: Operator, wanted: number): boolean {
  switch (operator) {
    case '=':
      return found === wanted;
    case '!=':
      return found !== wanted;
    case '<':
      return found < wanted;
    case '<=':
      return found <= wanted;
    case '>':
      return found > wanted;
    case '>=':
      return found >= wanted;
  }
}

function words(
  read: (model: StoredModel, facts: ModelFacts | undefined) => readonly string[] | undefined,
): Field {
  return {
    make: (operator, value) => {
      if (operator !== '=' && operator !== '!=') return undefined;
      const wanted = value.toLowerCase();
      return (model, facts) => {
        const found = read(model, facts);
        // Of what is not known neither is true: a model may be removed by this.
        if (found === undefined) return false;
        const fits = found.some((word) => matchesGlob(wanted, word.toLowerCase()));
        return fits === (operator === '=');
      };
    },
  };
}

/** Of a word that no model can have the contrary is true of all: one who mistypes it means none of them. */
function requireWord(
  text: string,
  field: string,
  value: string,
  possible: readonly string[] | undefined,
): void {
  const wanted = value.toLowerCase();
  if (possible === undefined || possible.some((word) => matchesGlob(wanted, word))) return;
  const near = nearest(possible, wanted);
  const list = `${possible.slice(0, -1).join(', ')} or ${possible.at(-1)}`;
  const all = `${field.toLowerCase()} is ${list}.`;
  throw unreadable(text, near === undefined ? all : `Did you mean ${near}? ${all}`);
}

function secondsSince(moment: Date, now: Date): number {
  return (now.getTime() - moment.getTime()) / 1000;
}

function unreadable(text: string, remark?: string): LlameroError {
  const forms = `Filters are ${FILTER_FORMS}. Sizes are 500M or 10GB, ages are ${AGE_FORMS.replace('an age such as ', '')}`;
  return new LlameroError('USAGE', `«${text}» is no filter`, {
    hint: remark === undefined ? forms : `${remark} ${forms}`,
  });
}
