import type { ChalkInstance } from 'chalk';

import { LlameroError } from '../lib/errors.ts';
import { formatCount, formatDiskSize } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { ModelCheck } from '../lib/store/verify.ts';
import { type FileCheck, isProblem } from '../lib/store/verify-file.ts';

/** Digits of a digest that tell two files apart for people; `--json` has all of them. */
const DIGEST_DIGITS = 12;
/** So many models are named in a command to paste; with more of them it is meant for all. */
const MOST_NAMED = 3;

/** The line of a model: `✓`, `✗`, `?` where nothing is recorded, `–` where its pull has not ended. */
export function renderModel(model: ModelCheck, style: ChalkInstance): string {
  const { files, isDamaged, unfinished } = model;
  const ref = oneLine(model.ref);
  if (isDamaged) return `${style.red('✗')} ${ref}  ${oneLine(describeDamage(model))}`;
  if (unfinished) return `${style.dim('–')} ${ref}  ${describeUnfinished(model)}`;
  const unknown = files.filter(({ status }) => status === 'unknown').map(({ file }) => file);
  if (unknown.length > 0) {
    const what = `no sha256 is recorded for ${unknown.join(', ')}; whole by its GGUF header`;
    return `${style.yellow('?')} ${ref}  ${oneLine(what)}`;
  }
  const size = formatDiskSize(files.reduce((sum, file) => sum + file.size, 0));
  return `${style.green('✓')} ${ref}  ${formatCount(files.length, 'file')}, ${size}, as recorded`;
}

function describeUnfinished({ percent }: ModelCheck): string {
  return percent === undefined ? 'unfinished' : `unfinished, ${percent} %`;
}

function describeDamage(model: ModelCheck): string {
  const problems = model.files.filter(isProblem).map(describeFile);
  return [...(model.unfinished ? [describeUnfinished(model)] : []), ...problems].join('; ');
}

function describeFile({ expected, file, found, reason, status }: FileCheck): string {
  const because = reason === undefined ? '' : `: ${reason}`;
  switch (status) {
    case 'missing':
      return `${file} is missing${because}`;
    case 'size':
      return `${file} has ${found} bytes, it should have ${expected}`;
    case 'digest':
      return `${file} is damaged: its sha256 is ${shortDigest(found)}, it should be ${shortDigest(expected)}`;
    case 'header':
      return `${file} is damaged${because}`;
    case 'unreadable':
      return `${file} cannot be read${because}`;
    case 'ok':
    case 'unknown':
      return file;
  }
}

function shortDigest(digest: number | string | undefined): string {
  return `${String(digest).slice(0, DIGEST_DIGITS)}…`;
}

/** What was found, where nothing has to be done. */
export function summarise(models: readonly ModelCheck[]): string {
  if (models.length === 0) return 'No models yet. `llamero pull user/repo` fetches one.';
  const unfinished = models.filter((model) => model.unfinished);
  const unknown = models.filter(({ files }) => files.some(({ status }) => status === 'unknown'));
  const whole = models.length - unfinished.length - unknown.length;
  return [
    ...(whole > 0 ? [`${formatCount(whole, 'model')} as recorded`] : []),
    ...(unknown.length > 0 ? [`${unknown.length} not to be verified: no sha256 is recorded`] : []),
    ...(unfinished.length > 0 ? [`${unfinished.length} unfinished: ${pullLine(unfinished)}`] : []),
  ].join('; ');
}

function pullLine(models: readonly ModelCheck[]): string {
  const refs = models.length > MOST_NAMED ? ['<ref>'] : models.map(({ ref }) => ref);
  return `\`llamero pull ${refs.join(' ')}\` continues`;
}

/**
 * The failure that damaged models are, with the commands that mend them.
 *
 * @param total how many models were looked at
 * @param wereNamed whether the user named them
 */
export function damageError(
  damaged: readonly ModelCheck[],
  total: number,
  wereNamed: boolean,
): LlameroError {
  const [first] = damaged;
  const subject =
    damaged.length === 1 && first !== undefined
      ? `${first.ref} is`
      : `${damaged.length} of ${formatCount(total, 'model')} are`;
  const mendable = damaged.filter(isMendable).map(({ ref }) => ref);
  const named = !wereNamed && mendable.length > MOST_NAMED ? [] : mendable;
  const hints = [
    ...(mendable.length === 0
      ? []
      : [
          `\`${['llamero verify', ...named, '--repair'].join(' ')}\` fetches again what is damaged`,
        ]),
    ...damaged
      .filter((model) => !isMendable(model))
      .map(({ ref }) => `\`llamero pull ${ref}\` fetches it where the hub has it`),
  ];
  const message = `${subject} ${describeState(damaged)}`;
  return new LlameroError('FILE_DAMAGED', message, { hint: hints.join('\n') });
}

function describeState(damaged: readonly ModelCheck[]): string {
  if (damaged.every(({ unfinished }) => unfinished)) return 'unfinished';
  const problems = damaged.flatMap(({ files }) => files.filter(isProblem));
  return problems.every(({ status }) => status === 'unreadable') ? 'unreadable' : 'damaged';
}

/** Whether it is recorded where a file came from that has to be fetched again. */
function isMendable({ files, unfinished }: ModelCheck): boolean {
  return files.some((file) => file.isRecorded && (unfinished || isProblem(file)));
}
